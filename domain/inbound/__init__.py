"""Mail that comes in: read, told apart, and whose it may be. Pure: bytes in, a verdict out."""
