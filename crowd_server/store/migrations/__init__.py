"""Alembic's migrations of the crowd server's database."""
