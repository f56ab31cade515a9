"""The tax engine: pure decisions of R50–R60. Takes rules, places and lines; returns amounts and reasons."""
