"""Gets bytes from the web: politely towards its hosts, safely for ours."""
