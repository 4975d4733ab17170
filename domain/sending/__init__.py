"""How much mail a sender sends, to whom, and when it has to stop."""
