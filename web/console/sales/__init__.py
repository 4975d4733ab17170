"""What managers look at: meetings, opportunities, the team."""
