"""Cadences, policies and texts as they were published, and their drafts."""
