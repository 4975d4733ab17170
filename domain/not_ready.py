"""What every program says in a sentence and ends with, or waits for."""

from __future__ import annotations


class NotReady(Exception):
    """This deployment lacks something, or has it otherwise than this code needs it; the message is
    a sentence that says what to do."""
