"""How the company looks and signs in its mails."""
