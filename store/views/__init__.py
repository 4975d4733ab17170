"""What pages and lists show: reads only."""
