"""Leads: found, looked at, steered."""
