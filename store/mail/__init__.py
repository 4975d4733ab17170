"""Mail that was sent, refused, returned and received."""
