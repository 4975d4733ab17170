"""Users, keys, webhooks, suppressions, the audit log, and erasing a person."""
