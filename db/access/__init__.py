"""Roles and grants as SQL: who may log in, and what each service's role may do in its schema."""
