"""Business time, and the promises that are measured in it."""
