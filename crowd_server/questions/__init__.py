"""What HITs and tests ask: the question documents, read strictly, and the answers to them."""
