"""Hosted forms: their pages, within those of other sites too, and what is sent from them."""
