"""Alembic's own files, shared by every history."""
