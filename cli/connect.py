"""What a command works with: the database and the Temporal of this deployment, and who gives it."""

from __future__ import annotations

import os
import pwd
from collections.abc import Awaitable, Callable
from typing import TypeVar

from sqlalchemy import Engine
from temporalio.client import Client

import settings
from cli.journeys import with_temporal
from domain.access import Role
from runtime import addresses, reach_database
from services.context import Context
from store.access.api_tokens import Caller
from store.engine import engine
from store.migrate import require_current

Result = TypeVar("Result")


def database() -> Engine:
    """The database of this deployment, reached.

    Raises:
        Unreachable: it does not answer, or nobody says where it is.
        SchemaMismatch: it is not at the schema of this code.
    """
    url = addresses(settings.get()).database_url
    reach_database(url)
    require_current(url)
    return engine(url)


class Terminal(Context):
    """What services work with that a command calls."""

    def in_temporal(self, act: Callable[[Client], Awaitable[Result]]) -> Result:
        """See :class:`services.context.Context`."""
        return with_temporal(act)


def terminal() -> Terminal:
    """The context of a command.

    Raises:
        Unreachable, SchemaMismatch: as :func:`database`.
    """
    return Terminal(settings.get(), database())


def author() -> str:
    """Who gives the commands: the user of the operating system, whatever the environment says."""
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:  # A container may run under a number that nobody has.
        name = f"user {os.getuid()}"
    return f"{name} at the command line"


def operator(rep: str = "") -> Caller:
    """Who asks for what a command does: whoever has this machine may do all of it.

    Args:
        rep: code of the person in whose name it is done; '' for the operator's own.
    """
    return Caller(author(), Role.ADMIN, rep)
