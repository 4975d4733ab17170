"""Cadences: what marketing writes, checks and has planned."""
