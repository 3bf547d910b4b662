"""The desk behind the HIT pages: what a worker is asked, under which names, and what was answered."""
