"""Engagement, and the score and stage that follow from it."""
