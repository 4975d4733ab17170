"""Who may come in: users, sessions, tokens and keys."""
