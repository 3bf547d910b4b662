"""Candidates: what was searched for, what the hosts gave, and whether it is a picture."""
