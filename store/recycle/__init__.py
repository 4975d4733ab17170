"""Leads that wait to be nurtured again."""
