"""A small chain in three countries, made up, as events: what `up` fills an empty system with, and tills that sell in it."""
