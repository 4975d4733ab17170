"""Pages that links in a mail lead to."""
