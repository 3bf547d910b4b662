"""Stages: pick due work, act, record. A stage imports no other stage."""
