"""Lists of leads that come in as files."""
