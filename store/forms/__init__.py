"""What came through hosted forms."""
