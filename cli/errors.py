"""Mistakes and missing services, told to the person at the terminal."""

from __future__ import annotations

from cli.screen import Console

stderr = Console(stderr=True, soft_wrap=True, highlight=False)
"""Where everything goes that is not the result a command was asked for."""


class UserError(Exception):
    """Something the user can fix. The message is one sentence: what, where, what to do.

    ``starter.py`` prints it on stderr, without a traceback, and exits with code 2.
    """
