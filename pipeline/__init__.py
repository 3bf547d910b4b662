"""The curator's program: stages, state database, command line."""
