"""The Requester API, operation by operation: request members in, reply members out."""
