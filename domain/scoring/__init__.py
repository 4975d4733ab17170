"""Scoring: who a lead is (fit), what it does (interest), and what the two mean together."""
