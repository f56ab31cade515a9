"""Real sales from a CSV file as events: a map says what the columns mean; nothing in the file is lost silently."""
