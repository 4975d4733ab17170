"""Accounts, with their leads and opportunities."""
