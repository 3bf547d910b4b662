"""The arithmetic: pure functions on numpy arrays. It fetches nothing and knows no database."""
