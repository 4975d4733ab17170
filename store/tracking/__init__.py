"""Visitors, and what tracking calls say of them."""
