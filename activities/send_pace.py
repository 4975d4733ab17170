"""How fast mails go out, and which of them within a workflow task."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

from sqlalchemy import Engine
from temporalio import activity
from temporalio.exceptions import ApplicationError

from store.mail.send_rate import take_slot

SLOT_SECONDS = 0.1
"""A slot of the rate has as many mails as go in so long, and one at least."""
SLOT_IS_GOOD_SECONDS = 2.0
"""What is left of a slot by then is lost, or many processes would send what they had saved up."""

LONGEST_LOOK_SECONDS = 1.0
"""Who waits looks again after so long at most: others may send less than before."""
LONGEST_WAIT_SECONDS = 45.0
"""Then it is for another attempt: this one must have time left to send, or Temporal would begin the
next while it still waits, and both would send."""
LONGEST_DELAY_SECONDS = 60.0
"""Until that other attempt, at most."""


class SendPace:
    """Holds the send rate over all workers, in the database, for whoever sends.

    Within a workflow task a mail is sent only if that need not wait: a place is free, of which a
    process has a few, so that a provider that hangs can't take all; and the rate has something
    left over, so that those in the queue come first.

    Args:
        statements: an engine that commits each statement.
        per_second: mails a second over all workers, in real time.
        places: how many mails this process may be sending within workflow tasks.
    """

    def __init__(self, statements: Engine, channel: str, *, per_second: float, places: int) -> None:
        self._statements = statements
        self._channel = channel
        self._mails = max(1, int(per_second * SLOT_SECONDS))
        self._seconds = self._mails / per_second
        self._places = threading.BoundedSemaphore(places)
        self._lock = threading.Lock()
        self._left, self._good_until = 0, 0.0

    @contextmanager
    def allowed(self, *, at_once: bool) -> Iterator[bool]:
        """Wait until a mail may go; with ``at_once`` nothing is waited for, and False is: not now.
        Where it is done, the place is free again.

        Raises:
            ApplicationError: nothing may go for so long that another attempt is to wait on, or
                nobody waits for this one any more.
        """
        if not at_once:
            self._wait()
            yield True
        elif self._places.acquire(blocking=False):
            try:
                yield self._take(at_once=True)
            finally:
                self._places.release()
        else:
            yield False

    def _wait(self) -> None:
        until = time.monotonic() + LONGEST_WAIT_SECONDS
        while not self._take(at_once=False):
            if (
                activity.is_cancelled()
                or activity.is_worker_shutdown()
                or time.monotonic() >= until
            ):
                raise ApplicationError(
                    "The send rate is used up.",
                    type="RateUsedUp",
                    next_retry_delay=timedelta(seconds=min(self._seconds, LONGEST_DELAY_SECONDS)),
                )
            time.sleep(min(self._seconds, LONGEST_LOOK_SECONDS))

    def _take(self, *, at_once: bool) -> bool:
        """Whether there is one mail left of the rate."""
        with self._lock:
            if not self._left or time.monotonic() > self._good_until:
                with self._statements.connect() as connection:
                    taken = take_slot(
                        connection, self._channel, seconds=self._seconds, spare=at_once
                    )
                self._left = self._mails if taken else 0
                self._good_until = time.monotonic() + SLOT_IS_GOOD_SECONDS
            if not self._left:
                return False
            self._left -= 1
            return True
