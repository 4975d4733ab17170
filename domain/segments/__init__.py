"""Segments: leads that have something in common, by a condition with a name."""
