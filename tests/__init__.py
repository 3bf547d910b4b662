"""The tests, and the stand-ins and servers that several of them share."""
