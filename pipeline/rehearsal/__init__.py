"""A whole run against the crowd server with simulated workers, before anyone is paid."""
