"""Mechanical Turk's Requester API."""
