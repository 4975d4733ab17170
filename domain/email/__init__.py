"""E-mails: templates, merge fields, links and the message itself."""
