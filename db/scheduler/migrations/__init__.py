"""The scheduler service's history: each revision is SQL, run whole, in order, once."""
