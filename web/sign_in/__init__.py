"""The way into the console."""
