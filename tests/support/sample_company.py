"""A small living company in a database, for people and tests to look at.

``python -m tests.support.sample_company`` puts it into the database of ``DATABASE_URL``. Nothing
runs in
Temporal for it: what the relay would bring there is put down as brought.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Engine, text

import settings as settings_module
from cli.cadence import publish_files
from settings import ROOT, Settings
from store.engine import engine
from store.published.cadences import latest_cadence
from tests.console.journeys import bring_people, enroll, live_on
from tests.console.mails import Post, engage, send_mails
from tests.console.office import connect_programs, furnish
from tests.console.work import Company, keep_promises, meet, open_work, sell
from tests.support.rows import run


@dataclass(frozen=True)
class World:
    """Ids of what tests look for. ``leads`` are in the order of ``tests.console.journeys.PATHS``,
    ``tasks``, ``sales`` and ``meetings`` by their lead's id."""

    leads: tuple[int, ...]
    tasks: Mapping[int, int]
    sales: Mapping[int, int]
    meetings: Mapping[int, int]
    account: int
    """Of the lead with an opportunity in proposal."""

    @property
    def mine(self) -> list[int]:
        """The open tasks of rep-1."""
        return [self.tasks[lead] for lead in self.leads[:15]]

    @property
    def selling(self) -> int:
        """A lead of rep-1 with an opportunity in proposal, a meeting that was held, mails and
        events."""
        return self.leads[13]

    @property
    def nurtured(self) -> int:
        """A lead with marketing that reads its mails."""
        return self.leads[53]

    @property
    def recycled(self) -> int:
        """A lead of rep-1 that rests."""
        return self.leads[27]


def build(database: Engine, now: datetime, settings: Settings | None = None) -> World:
    """Fill a migrated database.

    Args:
        now: journey time, UTC; what happened lies before it, what is due after it.
        settings: sign the links in mails and say where they lead; those of the process if left out.
    """
    publish_files(database, ROOT / "cadences", ROOT / "templates")
    with database.begin() as connection:
        people = bring_people(connection, now)
        live_on(connection, people, now)
        enroll(connection, people, now)
        welcome = latest_cadence(connection, "welcome-nurture")
        post = Post(database, settings or settings_module.get(), welcome)
        sent = send_mails(connection, post, people, now)
        engage(connection, people, sent, now)
        sales, meetings = sell(connection, people, now), meet(connection, people, now)
        company = Company(connection, people, sales, meetings, now)
        tasks = open_work(company)
        keep_promises(company)
        furnish(connection, people, now)
        connect_programs(connection, people, now)
        run(connection, "UPDATE relay_message SET outcome = 'delivered', delivered_at = now()")
        account = connection.scalar(
            text("SELECT account_id FROM lead WHERE id = :id"), {"id": people[13]}
        )
    with database.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        run(connection, "ANALYZE")
    return World(tuple(people), tasks, sales, meetings, int(account or 0))


def main() -> None:
    """Fill the database of ``DATABASE_URL``."""
    settings = settings_module.get()
    world = build(engine(settings.database_url), settings.clock().now(), settings)
    sys.stdout.write(f"{len(world.leads)} leads, {len(world.tasks)} open tasks.\n")


if __name__ == "__main__":
    main()
