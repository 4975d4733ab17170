"""YAML that people write, with positions and messages."""
