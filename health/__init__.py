"""How things stand: one set of checks for ``starter.py doctor``, ``/readyz``, the API and the
console. Whatever is asked here answers in a few seconds, also when a server hangs."""
