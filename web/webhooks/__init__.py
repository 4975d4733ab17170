"""Doors for what other services report."""
