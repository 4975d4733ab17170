"""Segments: what is known of leads as their conditions read it, who is a member, and how that is
kept up to date."""
