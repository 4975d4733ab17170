"""Checks across cadences, mails and policies."""
