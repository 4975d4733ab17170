"""Cadences, templates and policies, the recycle pool, and the mails that went out."""
