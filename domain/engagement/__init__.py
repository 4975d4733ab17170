"""What leads do with our mails, and what only looks as if they did."""
