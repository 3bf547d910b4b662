"""Sources of candidates: how an index is searched, how far lists are read, when hosts may be asked again."""
