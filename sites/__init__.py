"""Pages for people: HIT pages, reports."""
