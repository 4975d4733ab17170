"""Hosted forms: what marketing writes of them, and what people enter."""
