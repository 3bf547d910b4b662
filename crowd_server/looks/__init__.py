"""One look for both sites: the page they share, its style and script, and what browsers are told to refuse."""
