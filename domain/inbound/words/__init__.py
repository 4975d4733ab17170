"""What people and mail systems say, a table per language."""
