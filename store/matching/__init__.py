"""Leads that may be one person, and leads and the accounts they belong to."""
