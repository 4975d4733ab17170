"""Where the database and Temporal are, and how a command waits for them."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass

from sqlalchemy import Engine, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, OperationalError
from temporalio.client import Client
from temporalio.service import RPCError

import settings as settings_module
from cli.errors import UserError, stderr
from embedded import running_stack
from settings import Settings
from store.engine import engine as make_engine
from store.migrate import require_current

RETRY_SECONDS = 1.0


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
        UserError: only one of the two is set, or none is and no stack runs.
    """
    if settings.database_url and settings.temporal_address:
        return Addresses(
            settings.database_url, settings.temporal_address, settings.temporal_ui_url, False
        )
    if settings.database_url or settings.temporal_address:
        missing = "TEMPORAL_ADDRESS" if settings.database_url else "DATABASE_URL"
        raise UserError(
            f"{missing} is not set: set both DATABASE_URL and TEMPORAL_ADDRESS to use servers of "
            "your own, or neither to use the embedded stack."
        )
    stack = running_stack(settings.perennial_home)
    if stack is None:
        raise UserError(
            f"Perennial does not run from {settings.perennial_home}: start it with `make up` in "
            "another terminal, or set DATABASE_URL and TEMPORAL_ADDRESS."
        )
    return Addresses(stack.database_url, stack.temporal_address, stack.temporal_ui, True)


def database() -> Engine:
    """The database of this deployment, reached.

    Raises:
        UserError: it cannot be reached.
        SchemaMismatch: it is not at the schema of this code.
    """
    where = addresses(settings_module.get())
    reach_database(where.database_url)
    require_current(where.database_url)
    return make_engine(where.database_url)


def shown_database(database_url: str) -> str:
    """The database as ``host:port/name``, without account and password.

    Raises:
        UserError: it is no database URL.
    """
    try:
        url = make_url(database_url)
    except ArgumentError as error:
        raise UserError(
            "DATABASE_URL is not a database address: write it as "
            "postgresql+psycopg2://USER:PASSWORD@HOST:PORT/DATABASE."
        ) from error
    return f"{url.host or 'localhost'}:{url.port or 5432}/{url.database or ''}"


def reach_database(database_url: str, *, seconds: float = 15.0) -> str:
    """Wait, visibly, until the database answers.

    Returns:
        The server's version.

    Raises:
        UserError: it did not answer within ``seconds``.
    """
    shown = shown_database(database_url)
    engine = create_engine(database_url, connect_args={"connect_timeout": 5})
    deadline = time.monotonic() + seconds
    try:
        while True:
            try:
                with engine.connect() as connection:
                    return str(connection.execute(text("SHOW server_version")).scalar_one())
            except OperationalError as error:
                if time.monotonic() >= deadline:
                    raise UserError(
                        f"The database {shown} cannot be reached ({_last_line(error.orig)}): "
                        "start it, or correct DATABASE_URL."
                    ) from error
            _say_waiting(f"The database {shown}", deadline)
            time.sleep(RETRY_SECONDS)
    finally:
        engine.dispose()


async def reach_temporal(settings: Settings, address: str, *, seconds: float = 15.0) -> Client:
    """Wait, visibly, until Temporal answers, and give a client of our namespace.

    Raises:
        UserError: it did not answer within ``seconds``.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            return await Client.connect(
                address,
                namespace=settings.temporal_namespace,
                api_key=(
                    settings.temporal_api_key.get_secret_value()
                    if settings.temporal_api_key
                    else None
                ),
                tls=settings.temporal_tls,
            )
        except (RuntimeError, RPCError) as error:
            if time.monotonic() >= deadline:
                raise UserError(
                    f"Temporal at {address} does not answer: start it, or correct "
                    "TEMPORAL_ADDRESS (and TEMPORAL_TLS, if it wants TLS)."
                ) from error
        _say_waiting(f"Temporal at {address}", deadline)
        await asyncio.sleep(RETRY_SECONDS)


def _say_waiting(what: str, deadline: float) -> None:
    left = max(0, round(deadline - time.monotonic()))
    stderr.print(f"{what} does not answer yet; trying again, giving up in {left} s.", markup=False)


def _last_line(error: BaseException | None) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[-1][:200].rstrip(".") if lines else "no reason given"
