"""Lead files: a CRM export as people have it, to rows that can be stored."""
