"""Where the servers of this deployment are, and how a process waits for them."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from sqlalchemy import create_engine
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, OperationalError

from domain.not_ready import NotReady
from embedded import running_stack
from settings import Settings
from store.engine import AWAY, server_version

T = TypeVar("T")

RETRY_SECONDS = 1.0
SAY_EVERY_SECONDS = 15.0


class Unreachable(NotReady):
    """A server does not answer, or nobody says where it is.

    The message is one sentence: what, where, what to do.
    """


@dataclass(frozen=True)
class Addresses:
    """Where this deployment's services are.

    ``database_url`` is a SQLAlchemy URL, ``temporal_address`` is ``host:port``, ``temporal_ui``
    a URL or empty. ``embedded`` tells that they are the embedded stack's.
    """

    database_url: str
    temporal_address: str
    temporal_ui: str
    embedded: bool


def addresses(settings: Settings) -> Addresses:
    """The addresses set in the environment, or else those of the running embedded stack.

    Raises:
        Unreachable: only one of the two is set, or none is and no stack runs.
    """
    if settings.database_url and settings.temporal_address:
        return Addresses(
            settings.database_url, settings.temporal_address, settings.temporal_ui_url, False
        )
    if settings.database_url or settings.temporal_address:
        missing = "TEMPORAL_ADDRESS" if settings.database_url else "DATABASE_URL"
        raise Unreachable(
            f"{missing} is not set: set both DATABASE_URL and TEMPORAL_ADDRESS to use servers of "
            "your own, or neither to use the embedded stack."
        )
    stack = running_stack(settings.perennial_home)
    if stack is None:
        raise Unreachable(
            f"Perennial does not run from {settings.perennial_home}: start it with `make up` in "
            "another terminal, or set DATABASE_URL and TEMPORAL_ADDRESS."
        )
    return Addresses(stack.database_url, stack.temporal_address, stack.temporal_ui, True)


def shown_database(database_url: str) -> str:
    """The database as ``host:port/name``, without account and password.

    Raises:
        Unreachable: it is no database URL.
    """
    try:
        url = make_url(database_url)
    except ArgumentError as error:
        raise Unreachable(
            "DATABASE_URL is not a database address: write it as "
            "postgresql+psycopg2://USER:PASSWORD@HOST:PORT/DATABASE."
        ) from error
    return f"{url.host or 'localhost'}:{url.port or 5432}/{url.database or ''}"


def reach_database(database_url: str, *, seconds: float | None = 15.0) -> str:
    """Wait, visibly, until the database answers.

    Args:
        seconds: how long; None waits for as long as it takes.

    Returns:
        The server's version.

    Raises:
        Unreachable: it did not answer within ``seconds``.
    """
    shown = shown_database(database_url)
    engine = create_engine(database_url, connect_args={"connect_timeout": 5})
    wait = ServerWait(f"The database {shown}", seconds)
    try:
        while True:
            try:
                with engine.connect() as connection:
                    return server_version(connection)
            except OperationalError as error:
                if wait.over():
                    raise Unreachable(
                        f"The database {shown} cannot be reached ({_last_line(error.orig)}): "
                        "start it, or correct DATABASE_URL."
                    ) from error
            wait.say()
            time.sleep(RETRY_SECONDS)
    finally:
        engine.dispose()


def once_database_answers(database_url: str, act: Callable[[], T]) -> T:
    """The answer of ``act``, which asks the database: again for as long as it goes away meanwhile.

    Raises:
        Unreachable: it is no database URL.
    """
    while True:
        reach_database(database_url, seconds=None)
        try:
            return act()
        except AWAY:
            time.sleep(RETRY_SECONDS)


class ServerWait:
    """A wait for a server that people can follow."""

    def __init__(self, what: str, seconds: float | None) -> None:
        self._what = what
        self._deadline = None if seconds is None else time.monotonic() + seconds
        self._said_at = -SAY_EVERY_SECONDS

    def over(self) -> bool:
        """Whether to give up."""
        return self._deadline is not None and time.monotonic() >= self._deadline

    def say(self) -> None:
        """Say that it goes on; now and then if it may go on for ever."""
        now = time.monotonic()
        if self._deadline is not None:
            how_long = f"giving up in {max(0, round(self._deadline - now))} s"
        elif now - self._said_at < SAY_EVERY_SECONDS:
            return
        else:
            how_long = "for as long as it takes"
        self._said_at = now
        sys.stderr.write(f"{self._what} does not answer yet; trying again, {how_long}.\n")


def _last_line(error: BaseException | None) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1][:200].rstrip(".") if lines else "no reason given"
