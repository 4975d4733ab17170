"""Mails: filled in for a lead, with links, and the channels that carry them."""
