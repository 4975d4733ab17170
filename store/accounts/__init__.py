"""Companies that leads work for."""
