"""The trade itself: HITs, assignments, qualifications, money; their life cycles and their rules."""
