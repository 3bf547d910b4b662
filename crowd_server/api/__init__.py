"""The Requester API: the wire, and the 39 operations by noun."""
