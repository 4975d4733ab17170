"""Conditions in CEL, the facts they read, and what all policies have in common."""
