"""After the loop: the clock slows, the players stop, and work of every kind waits for whoever sits
down to try it.

It is all made over the API, as people would make it: leads are imported, write and book; reps
answer tasks; a manager hands leads over.
"""

from __future__ import annotations

import csv
import io
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as wall_time
from typing import Any

from cli.errors import UserError
from demo.people import LEARNED, NOTES
from demo.sales import SalesTeam, Task
from demo.web import WebClient
from domain.access import Role
from domain.checking.policies import read_policy
from domain.contracts.tasks import Disposition, TaskKind
from domain.sales.team import TeamPolicy
from domain.tasks.completion import Completion, Learned
from domain.time.business_time import BusinessCalendar
from domain.time.window import zone
from settings import ROOT

LEADS = ROOT / "demo" / "trial-leads.csv"
CUSTOMER_POLICY = ROOT / "cadences" / "customer.yaml"
TEAM = "world"
SELLER = "rep-1"
HIGHEST = 500
"""Leads that one page of the API has."""

LAST_WORK_SECONDS = 45.0
"""Real seconds that the players have to finish what they began."""
ARRIVAL_SECONDS = 60.0
"""Real seconds in which what people did must have come of it."""
LOOK_SECONDS = 0.2
AHEAD_SECONDS = 10.0
"""Real seconds of compressed time until the clock slows."""
SETTLING_SECONDS = 2.0

REST = timedelta(days=50)
WEEKS_APART = timedelta(weeks=2)
GROUPS = 12
"""Over so many days, so far apart, recycled leads come back."""

AFTERNOON = wall_time(13, 15)
MEETING = timedelta(minutes=30)
LAST_MEETING_BEGAN = timedelta(minutes=40)

PLAY = "after-the-webinar"
PLAY_FILE = f"""\
cadence: {PLAY}
description: A call for those who asked something in the webinar, and a mail after it.
topic: nurture
exit_on: [replied, booked, unsubscribed, bounced, score_reached]
steps:
  - task:
      title: Call about the question from the webinar
      kind: call
      due: 2 business days
      instructions: >-
        The lead asked in the webinar how second visits are counted. Answer that first, then ask
        how they do it today.
  - wait: 3 business days
  - email: welcome-1-checklist
"""
DATES_AS_SHIPPED = ("after: 6 months", "remind: 2 weeks", "after: 12 months", "remind: 60 days")
DATES_AT_ONCE = ("after: 1 month", "remind: 5 weeks", "after: 2 months", "remind: 10 weeks")
"""What the customer policy says, and with which both dates come up on the day of the sale."""

QUESTION = "Does this work with two depots? We would need that before we decide."
PLANNED = "Send the price list for two depots"
INTEREST = "We are looking at this just now. Could somebody call me today?"

QUALIFY, HOT, CALLS = (0, 1), 2, (3, 4)
PLAYED = 5
MET, IN_TALKS, ADVANCED, LOST, CUSTOMER, RENEWS = 6, 7, 8, 9, 10, 11
MEETS_SOON = (12, 13)
"""Which row of :data:`LEADS` is to wait where."""
HELD = (MET, IN_TALKS, ADVANCED, LOST, CUSTOMER, RENEWS)
"""Those who had an appointment today."""


@dataclass(frozen=True)
class Desk:
    """Somebody whose place can be taken: what the role is called, the name, and the link that signs
    in once."""

    role: str
    name: str
    link: str


USERS = (
    ("SDR", Role.SDR, "Hana Lindqvist", "hana@lindenmoor.example", SELLER, "/console/inbox"),
    ("Manager", Role.MANAGER, "Ines Moreau", "ines@lindenmoor.example", "", "/console"),
    ("Marketing", Role.MARKETING, "Clara Moss", "clara@lindenmoor.example", "", "/console"),
    ("Ops", Role.OPS, "Noor Haddad", "noor@lindenmoor.example", "", "/console/system"),
)


class LastWork:
    """The end of the play: recycled leads stay where they are, and sales finishes what it has."""

    def __init__(self, web: WebClient, now: datetime) -> None:
        self._web = web
        self._from = now.date() + REST
        self._ends_at = time.monotonic() + LAST_WORK_SECONDS

    def is_over(self) -> bool:
        """Go on with it; whether nobody is in sales' hands any more, or it took long enough."""
        keep_recycled(self._web, self._from)
        busy = any(
            self._web.ask_api("GET", f"/leads?phase={phase}&limit=1")["items"]
            for phase in ("FollowUp", "Meeting")
        )
        return not busy or time.monotonic() > self._ends_at


def keep_recycled(web: WebClient, since: date) -> None:
    """Have recycled leads rest until some week after ``since``, each group until another one."""
    recycled = _recycled(web)
    for group in range(GROUPS):
        if chosen := [lead for lead in recycled if lead % GROUPS == group]:
            until = since + group * WEEKS_APART
            body = {"leads": chosen, "until": until.isoformat()}
            web.ask_api("POST", "/recycle/extend", json=body)


def _recycled(web: WebClient) -> list[int]:
    recycled: list[int] = []
    cursor = ""
    while True:
        page = web.ask_api("GET", f"/recycle?limit={HIGHEST}{cursor}")
        recycled += [one["id"] for one in page["items"]]
        if page["next_cursor"] is None:
            return recycled
        cursor = f"&cursor={page['next_cursor']}"


class Trial:
    """The people of :data:`LEADS`, who bring work of every kind to sales.

    Args:
        web: asked with a token of role admin.
        sales: does tasks as their owners.
    """

    def __init__(self, web: WebClient, sales: SalesTeam) -> None:
        self._web, self._sales = web, sales
        with LEADS.open(encoding="utf-8", newline="") as file:
            self._rows = list(csv.DictReader(file))
        self._leads: dict[int, int] = {}

    # While time is compressed.

    def bring_in(self, now: datetime, day_seconds: float) -> datetime:
        """Import the leads, have some book, and wait until they are mailed.

        Args:
            now: journey time, UTC.
            day_seconds: real seconds of a journey day.

        Returns:
            The journey time at which the clock is to go on in real time: some of their appointments
            have just been then.
        """
        self._publish({f"{PLAY}.yaml": PLAY_FILE})
        self._import([row for at, row in enumerate(self._rows) if at != PLAYED])
        began = time.monotonic()
        self._until(lambda: all(self._mail_of(at) for at in (*QUALIFY, *HELD)))
        gone = (time.monotonic() - began + AHEAD_SECONDS) / day_seconds
        begins = afternoon(self._calendar(), now + timedelta(days=gone))
        for number, at in enumerate(HELD):
            self._book(at, begins - LAST_MEETING_BEGAN - number * MEETING)
        time.sleep(SETTLING_SECONDS)
        return begins

    # In real time.

    def lay_out(self, now: datetime) -> None:
        """Have work of every kind wait.

        Args:
            now: journey time, UTC.
        """
        keep_recycled(self._web, now.date() + REST)
        shipped = CUSTOMER_POLICY.read_text(encoding="utf-8")
        self._publish({"customer.yaml": _with_dates_at_once(shipped)})
        self._import([self._rows[PLAYED]], cadence=PLAY)
        for at in (*QUALIFY, *CALLS):
            self._write(at, INTEREST)
        for at in HELD:
            self._task(at, TaskKind.MEETING_OUTCOME)
        self._hand_over(MET, IN_TALKS, ADVANCED, LOST, CUSTOMER, RENEWS)
        for at in HELD[1:]:
            self._answer(at, TaskKind.MEETING_OUTCOME, Disposition.HELD)
        for at in CALLS:
            self._task(at, TaskKind.QUALIFY)
        self._hand_over(*CALLS)
        for at in CALLS:
            self._answer(at, TaskKind.QUALIFY, Disposition.ACCEPT_AND_CALL)
        self._answer(
            ADVANCED, TaskKind.OPPORTUNITY, Disposition.ADVANCED, learned=Learned(**LEARNED)
        )
        self._answer(
            LOST, TaskKind.OPPORTUNITY, Disposition.LOST, reason="price", competitor="fieldhand"
        )
        for at in (CUSTOMER, RENEWS):
            self._answer(at, TaskKind.OPPORTUNITY, Disposition.WON)
        self._answer(RENEWS, TaskKind.UPSELL, Disposition.NOT_NOW)
        for _ in range(3):
            self._answer(RENEWS, TaskKind.HAND_OVER, Disposition.DONE)
        self._task(RENEWS, TaskKind.RENEWAL)
        self._publish({"customer.yaml": shipped})
        self._write(IN_TALKS, QUESTION)
        self._write(CUSTOMER, QUESTION)
        self._meet_soon(now)
        self._plan(IN_TALKS, PLANNED, now + timedelta(days=1))
        for at, kind in (
            (PLAYED, TaskKind.CADENCE),
            *((at, TaskKind.CALL) for at in CALLS),
            (ADVANCED, TaskKind.OPPORTUNITY),
            (LOST, TaskKind.LOSS_REVIEW),
            (IN_TALKS, TaskKind.LEAD_MESSAGE),
            (IN_TALKS, TaskKind.TO_DO),
            (CUSTOMER, TaskKind.CUSTOMER_QUESTION),
            (CUSTOMER, TaskKind.UPSELL),
            *((at, TaskKind.QUALIFY) for at in QUALIFY),
        ):
            self._task(at, kind)
        # The hot one last: its five minutes begin now.
        self._web.ask_api("POST", f"/leads/{self._lead(HOT)}/score", json={"points": 80})
        self._task(HOT, TaskKind.QUALIFY)
        self._hand_over(PLAYED, HOT, *QUALIFY)

    def desks(self) -> list[Desk]:
        """A user for each role, and a link for each."""
        desks = []
        for called, role, name, email, rep, page in USERS:
            body = {"email": email, "name": name, "role": role, "rep": rep}
            user = self._web.ask_api("POST", "/users", json=body)
            desks.append(Desk(called, name, self._link(user["id"], page)))
        users = self._web.ask_api("GET", f"/users?limit={HIGHEST}")["items"]
        admin = next(one for one in users if one["role"] == Role.ADMIN)
        return [*desks, Desk("Admin", admin["name"], self._link(admin["id"], "/console"))]

    def open_tasks(self) -> list[Task]:
        """All tasks that wait."""
        return self._sales.open_tasks()

    def recycled(self) -> int:
        """How many leads rest."""
        return len(_recycled(self._web))

    def _link(self, user: int, page: str) -> str:
        made = self._web.ask_api("POST", f"/users/{user}/link")
        return f"{made['url']}?next={page}"

    def _calendar(self) -> BusinessCalendar:
        source = self._web.ask_api("GET", "/policies/team")["source"]
        read, _problems = read_policy(source, "team.yaml")
        team = read.team(TEAM) if isinstance(read, TeamPolicy) else None
        if team is None:
            raise UserError(f"The team '{TEAM}' is not in team.yaml any more: the demo needs it.")
        return team.calendar

    def _publish(self, files: Mapping[str, str]) -> None:
        body = {"files": [{"name": name, "text": text} for name, text in files.items()]}
        self._web.ask_api("POST", "/publications", json=body)

    def _import(self, rows: list[dict[str, str]], **more: str) -> None:
        text = io.StringIO()
        writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
        file = ("trial-leads.csv", text.getvalue().encode())
        made = self._web.ask_api("POST", "/imports", files={"file": file}, data=more)
        number = made["run"]["id"]
        self._until(
            lambda: self._web.ask_api("GET", f"/imports/{number}")["run"]["state"] == "done"
        )

    def _lead(self, at: int) -> int:
        if at not in self._leads:
            email = self._rows[at]["Email"]
            found = self._web.ask_api("GET", f"/leads?search={email}&limit=1")["items"]
            self._leads[at] = found[0]["id"]
        return self._leads[at]

    def _mail_of(self, at: int) -> int:
        """The last mail to somebody, 0 for none."""
        email = self._rows[at]["Email"]
        found = self._web.ask_api("GET", f"/mails?search={email}&limit=1")["items"]
        return int(found[0]["id"]) if found else 0

    def _write(self, at: int, words: str) -> None:
        self._web.ask_api("POST", f"/mails/{self._mail_of(at)}/reply", json={"text": words})

    def _book(self, at: int, starts_at: datetime) -> None:
        body = {"lead_id": self._lead(at), "starts_at": starts_at.isoformat()}
        self._web.ask_api("POST", "/meetings", json=body)

    def _meet_soon(self, now: datetime) -> None:
        """Appointments tomorrow, which the leads chose themselves or a rep made."""
        tomorrow = now.replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
        for number, at in enumerate(MEETS_SOON):
            self._book(at, tomorrow + number * timedelta(hours=1))

    def _hand_over(self, *rows: int) -> None:
        """Give leads to the seller whose place is taken first."""
        leads = [self._lead(at) for at in rows]
        self._web.ask_api("POST", "/team/reassign", json={"leads": leads, "to": SELLER})

    def _plan(self, at: int, title: str, due_at: datetime) -> None:
        """Have the seller plan to do something about a lead."""
        plan = {"title": title, "due_at": due_at.isoformat(), "owner": SELLER}
        self._web.ask_api("POST", f"/leads/{self._lead(at)}/to-dos", json=plan)

    def _answer(self, at: int, kind: TaskKind, disposition: Disposition, **said: Any) -> None:
        """Have the owner of the lead's task end it."""
        task = self._task(at, kind)
        note = NOTES.get(disposition, "")
        self._sales.complete(task["id"], Completion(disposition=disposition, note=note, **said))

    def _task(self, at: int, kind: TaskKind) -> Task:
        """The open task of this kind with the lead, when it has come."""
        lead = self._lead(at)
        found: list[Task] = []

        def has_come() -> bool:
            found[:] = [
                task
                for task in self.open_tasks()
                if task["lead_id"] == lead and task["kind"] == kind
            ]
            return bool(found)

        self._until(has_come)
        return found[0]

    def _until(self, has_come: Callable[[], bool]) -> None:
        deadline = time.monotonic() + ARRIVAL_SECONDS
        while not has_come():
            if time.monotonic() > deadline:
                raise UserError(
                    "What the demo's people did has not come to anything within a minute: see the "
                    "worker's log."
                )
            time.sleep(LOOK_SECONDS)


def afternoon(calendar: BusinessCalendar, after: datetime) -> datetime:
    """The first afternoon (UTC) after ``after`` on which a team works, as it does the day after."""
    local = zone(calendar.time_zone)
    day = after.astimezone(local).date()
    while True:
        at = datetime.combine(day, AFTERNOON, local)
        day += timedelta(days=1)
        works_on = calendar.works_on(at.date()) and calendar.works_on(day)
        if at > after and works_on and calendar.is_open(at):
            return at.astimezone(UTC)


def _with_dates_at_once(shipped: str) -> str:
    for was, becomes in zip(DATES_AS_SHIPPED, DATES_AT_ONCE, strict=True):
        shipped = shipped.replace(was, becomes)
    return shipped
