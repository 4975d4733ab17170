"""What leads have said of mail, and what that allows."""
