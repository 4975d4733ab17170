"""Files of leads."""
