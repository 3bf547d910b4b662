"""Second thoughts: gold, audits and excluded workers, and what is decided again because of them."""
