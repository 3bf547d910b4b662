"""Synsets: the nouns of WordNet, which of them go together, how to search for them, what workers are told."""
