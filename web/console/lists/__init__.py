"""What the console's lists have in common: filters, columns, saved views, files."""
