"""Pages for workers: find, accept, do, return and submit HITs; earnings."""
