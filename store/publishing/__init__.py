"""Making a cadence, policy or text the one that counts."""
