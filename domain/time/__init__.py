"""Zones, windows, spans and business time."""
