"""The images of mails."""
