"""From one phase of a journey to the next."""
