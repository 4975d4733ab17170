"""A long run of kills and hangs over the whole deployment, with people who keep count."""
