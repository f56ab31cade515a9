"""A made-up chain in three countries, as events, and tills that sell in it: what `up` shows an empty system with."""
