"""What people are asked to do, and what they answered."""
