"""Material for a first run: the photographs that scikit-image and scikit-learn carry, and copies of them."""
