"""What carries a mail to its recipient."""
