"""The facts that figures are counted from, and the figures."""
