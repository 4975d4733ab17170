"""The default stack: a real PostgreSQL and a real Temporal server as child processes.

Both come as wheels (the ``embedded`` extra), so a machine with Python has them without anything
else installed. :class:`embedded.stack.EmbeddedStack` starts and stops them together;
:class:`embedded.postgres.EmbeddedPostgres` and :class:`embedded.temporal.EmbeddedTemporal` are
each usable alone. This package itself imports only the standard library, so that a production
install, which has no ``embedded`` extra, can still ask :func:`running_stack`.
"""

from embedded.state import (
    ServerName,
    StackAddresses,
    StackError,
    StackState,
    read_state,
    running_stack,
)

__all__ = [
    "ServerName",
    "StackAddresses",
    "StackError",
    "StackState",
    "read_state",
    "running_stack",
]
