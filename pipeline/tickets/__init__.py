"""Tickets on the market: which are wanted, for whom and at what price; what came back, and its pay."""
