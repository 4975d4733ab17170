"""What crosses into Temporal: ids, phases, states, requests and search attributes."""
