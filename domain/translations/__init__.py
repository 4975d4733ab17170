"""What people read, in their languages: one mechanism for pages, mails and the console."""
