"""What the people of the campaign asked for, and what they were told is done."""

from __future__ import annotations

import threading
import time
from collections import Counter, defaultdict
from pathlib import Path
from typing import TextIO

Counts = dict[str, Counter[str]]
"""Kind of act → whom or what it was about → how often."""


class Book:
    """Counts in memory and, if it is given a path, in a file that is only added to.

    A subject that is asked for once and acknowledged once is to be found once; one whose answer
    never came may be found or not.
    """

    def __init__(self, path: Path | None = None) -> None:
        self._file: TextIO | None = path.open("a", encoding="utf-8") if path else None
        self._lock = threading.Lock()
        self.asked: Counts = defaultdict(Counter)
        self.acknowledged: Counts = defaultdict(Counter)

    def ask(self, kind: str, subject: str) -> None:
        """Before it is sent; what counts once however often it is sent, before the first time."""
        self._note("asked", self.asked, kind, subject)

    def acknowledge(self, kind: str, subject: str) -> None:
        """After an answer that says that it is kept."""
        self._note("acknowledged", self.acknowledged, kind, subject)

    def _note(self, what: str, counts: Counts, kind: str, subject: str) -> None:
        with self._lock:
            counts[kind][subject] += 1
            if self._file is not None:
                self._file.write(f"{time.time():.3f} {what} {kind}: {subject}\n")
                self._file.flush()
