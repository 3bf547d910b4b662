"""The tables of the crowd server, a file a noun."""
