"""Which lead an address, a visitor or a key belongs to, and where it is."""
