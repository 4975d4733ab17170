"""Pages of the figures that people steer by."""
