"""What a worker sees: one folder a HIT kind. No Python logic."""
