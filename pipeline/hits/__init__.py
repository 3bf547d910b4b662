"""The HIT kinds, pure: question and answer types and their JSON."""
