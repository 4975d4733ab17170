"""What is told to journeys and to other programs: written with the facts, delivered later."""
