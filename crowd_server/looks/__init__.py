"""One look for both sites: the page that they share, its style, script and headers."""
