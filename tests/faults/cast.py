"""The people of the scenario: an import that starts journeys, prospects, and an SDR."""

from __future__ import annotations

import contextlib
import threading
import time
from datetime import timedelta
from typing import Any

from sqlalchemy import Connection, Engine, Row, text
from sqlalchemy.exc import DBAPIError

from domain.contracts.journey import Phase, journey_id
from domain.refusals import MeetingRefused
from settings import Clock
from store.consent.consent import suppress
from store.meetings.meetings import book_meeting, cancel_meeting
from store.outbox.relay_messages import post
from store.scoring.engagement import record_engagement
from store.tasks.tasks import complete_task
from tests.faults.script import SCRIPTS, answer

START_EVERY = 0.25
"""Seconds between two journeys' starts, so that something happens all the time."""

_LEADS = text(
    """
    SELECT lead.id, lead.email_key, lead.phase, lead.attributes->>'script' AS script,
        meeting.id AS meeting, coalesce(meeting.state, '') AS meeting_state,
        ARRAY(SELECT step FROM touch WHERE lead_id = lead.id AND state = 'sent') AS mails
    FROM lead LEFT JOIN meeting ON meeting.lead_id = lead.id
    WHERE lead.attributes->>'script' IN
        ('loses', 'loses_late', 'says_no', 'wins', 'rebooks', 'cancels', 'leaves')
    """
)
_TASKS = text(
    """
    SELECT task.id, task.kind, task.attempt, lead.attributes->>'script' AS script,
        coalesce(meeting.missed, 0) AS missed
    FROM task JOIN lead ON lead.id = task.lead_id
    LEFT JOIN meeting ON meeting.lead_id = lead.id
    WHERE task.state = 'open'
    """
)


def import_leads(connection: Connection) -> None:
    """Make the fifty leads; nobody is started yet."""
    for name, script in SCRIPTS.items():
        for number in range(script.leads):
            email = f"{name}-{number}@lead.example"
            connection.execute(
                text(
                    "INSERT INTO lead "
                    "(email, email_key, first_name, interest, interest_as_of, attributes) VALUES "
                    "(:email, :email, 'Ada', :score, now(), jsonb_build_object('script', :script))"
                ),
                {"email": email, "score": script.score, "script": name},
            )
            if script.touch_state == "suppressed":
                connection.execute(
                    text("INSERT INTO suppression VALUES (:email, 'manual', now())"),
                    {"email": email},
                )


class Cast(threading.Thread):
    """Plays everybody until told to stop; a database that is away is waited for."""

    def __init__(self, database: Engine, clock: Clock) -> None:
        super().__init__(daemon=True)
        self._database = database
        self._clock = clock
        self._over = threading.Event()
        self.calm = threading.Event()
        """Set when the faults are over."""
        self._under_way = 0
        self.failure: Exception | None = None

    def run(self) -> None:
        """Look around every moment and do what the script says."""
        begun = time.monotonic()
        while not self._over.wait(0.2):
            try:
                self._start(int((time.monotonic() - begun) / START_EVERY))
                self._each(_LEADS, self._prospect)
                self._each(_TASKS, self._sdr)
            except DBAPIError:
                continue
            except Exception as failure:
                self.failure = failure
                raise

    def stop(self) -> None:
        """Send everybody home."""
        self._over.set()
        self.join(30)

    def _start(self, wanted: int) -> None:
        with self._database.begin() as connection:
            leads = connection.execute(
                text("SELECT id, attributes->>'script' AS script FROM lead ORDER BY id LIMIT :n"),
                {"n": wanted},
            ).all()
            for lead in leads[self._under_way :]:
                post(
                    connection,
                    key=f"start:lead-{lead.id}",
                    workflow_id=journey_id(lead.id),
                    kind="start",
                    name=Phase.NURTURE,
                    payload={"lead_id": lead.id, "cadence": SCRIPTS[lead.script].cadence},
                )
        self._under_way = len(leads)

    def _each(self, query: Any, act: Any) -> None:
        with self._database.connect() as connection:
            rows = connection.execute(query).all()
        for row in rows:
            # A rep who has another meeting then is asked again in the next round, for a later time.
            with contextlib.suppress(MeetingRefused), self._database.begin() as connection:
                act(connection, row)

    def _sdr(self, connection: Connection, task: Row[Any]) -> None:
        now = self._clock.now()
        said = answer(task.script, task.kind, task.attempt, task.missed, now)
        if said is not None:
            complete_task(connection, task.id, said, "rep-1", now)

    def _prospect(self, connection: Connection, lead: Row[Any]) -> None:
        if not lead.mails:
            return
        match lead.script, lead.meeting_state:
            case "says_no", _ if len(lead.mails) == 2:
                self._does(connection, lead.id, "reply")
            case "wins", _ if lead.phase == Phase.NURTURE:
                self._does(connection, lead.id, "form")
            case "leaves", _:
                self._does(connection, lead.id, "unsubscribe")
                suppress(
                    connection,
                    email_key=lead.email_key,
                    reason="unsubscribed",
                    at=self._clock.now(),
                )
            case "loses_late", "" if not self.calm.is_set():
                pass
            case "loses" | "loses_late", "":
                self._books(connection, lead.id, hours=80)
            case "rebooks", "":
                self._books(connection, lead.id, hours=1)
            case "rebooks", "no_show" if "email-no-show-1-rebook" in lead.mails:
                self._books(connection, lead.id, hours=1)
            case "cancels", "":
                self._books(connection, lead.id, hours=2000)
            case "cancels", "booked" if "meeting-confirmation" in lead.mails:
                cancel_meeting(connection, meeting_id=lead.meeting, at=self._clock.now())

    def _does(self, connection: Connection, lead_id: int, kind: str) -> None:
        record_engagement(
            connection,
            lead_id=lead_id,
            kind=kind,
            at=self._clock.now(),
            key=f"{kind}:{lead_id}",
        )

    def _books(self, connection: Connection, lead_id: int, hours: int) -> None:
        now = self._clock.now()
        book_meeting(
            connection,
            lead_id=lead_id,
            starts_at=now + timedelta(hours=hours),
            minutes=30,
            booked_by="lead",
            at=now,
        )
