"""Whom of us to tell what, by which way, and what became of it."""
