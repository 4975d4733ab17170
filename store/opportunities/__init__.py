"""Opportunities and the customers they become."""
