"""How the system stands, for who runs it."""
