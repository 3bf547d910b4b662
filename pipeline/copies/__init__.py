"""Copies of one picture: finding them, choosing the one to keep, and showing both to people."""
