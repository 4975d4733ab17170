"""The acts that people and programs do, each as it is asked for at three doors."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from time import monotonic, sleep
from typing import Any

import httpx2 as httpx

from domain.lead_files.person import PersonFields
from domain.notifications.kinds import NotificationKind, NotifyBy
from domain.tasks.completion import Completion
from services import (
    accounts,
    duplicates,
    erasure,
    imports,
    meetings,
    notifications,
    opportunities,
    persons,
    profiles,
    publishing,
    suppressions,
    tasks,
    team,
)
from services.notifications import NotificationChoices
from services.opportunities import SaidTerms
from store.access.sessions import COOKIE
from store.consent.consent import suppress
from store.opportunities.opportunities import open_opportunity
from store.routing.rep_cards import Profile
from store.tasks import pending_dispositions
from tests.services.doors import by_api, by_console
from tests.web.api.conftest import Api

SECRET = "a secret of the tests, 0123456789"
TOMORROW = (datetime.now(UTC) + timedelta(days=1)).replace(minute=0, second=0, microsecond=0)
LAST_YEAR = TOMORROW - timedelta(days=400)
SOON = TOMORROW - timedelta(hours=20)
LEADS = b"email,first_name\nann@new.example,Ann\nnobody,Bo\n"
CADENCE = "cadence: calls\nsteps:\n  - task: {title: Ring, kind: call}\n"
MISTAKE = "cadence: calls\nsteps: []\n"
Step = Callable[[Api], Awaitable[str]]


@dataclass(frozen=True)
class Act:
    """How one act is asked for at three doors; ``cli`` is None where the command line has it not.

    ``refused`` is a part of what each door says when it is refused, '' when it is done; ``before``
    is what happens to the deployment first.
    """

    name: str
    role: str
    api: Step
    console: Step
    cli: tuple[str, ...] | None
    refused: str = ""
    before: Callable[[Api], Any] = bool


def asked(role: str, method: str, path: str, **body: Any) -> Step:
    """A request to the API."""
    return lambda api: by_api(api, role, method, path, **body)


def signed_in(role: str, method: str, path: str, **body: Any) -> Step:
    """The same from the browser of a user, for what only users do."""

    async def send(api: Api) -> str:
        answer = await api.ask_signed_in(role, method, path, **body)
        return "" if answer.status_code < 400 else str(answer.json()["detail"])

    return send


def pressed(role: str, act: Callable[..., Any], *given: Any, **named: Any) -> Step:
    """A button of the console."""
    return lambda api: by_console(api, role, act, *given, **named)


def for_sale(api: Api) -> None:
    """The lead may buy something."""
    with api.database.begin() as connection:
        open_opportunity(connection, key="sale", lead_id=1, stage="discovery", at=LAST_YEAR)


def pending(api: Api, role: str = "manager") -> None:
    """Somebody has just finished the task, and could still take it back."""
    user = api.value("SELECT id FROM console_user WHERE role = :role", role=role)
    with api.database.begin() as connection:
        typed = Completion(disposition="no_answer", note="Mornings")
        now = datetime.now(UTC)
        pending_dispositions.complete_with_undo(connection, 1, typed, "rep-1", now, user_id=user)


def due_tomorrow(api: Api) -> None:
    """The task has time until tomorrow."""
    api.value("UPDATE task SET due_at = :due, hot = false WHERE id = 1 RETURNING 1", due=TOMORROW)


def complained(api: Api) -> None:
    """The lead has reported our mail."""
    with api.database.begin() as connection:
        now = datetime.now(UTC)
        suppress(connection, email_key="jane@acme.example", reason="complained", at=now)


def twice(api: Api) -> None:
    """The lead is there once more, with another address."""
    api.lead("jane.doe@acme.example", phase="", phase_since=None)


async def uploaded(api: Api, *, start: bool, session: bool) -> int:
    """A file that a program, or the console's form, sends; the import's id."""
    headers = {"Authorization": f"Bearer {api.tokens['marketing']}"}
    if session:
        cookie = f"{COOKIE}={api.sessions['marketing']}"
        headers = {"Cookie": cookie, "Sec-Fetch-Site": "same-origin"}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(api.app), base_url="http://go.test/api", timeout=60
    ) as client:
        sent = await client.post(
            "/imports",
            headers=headers,
            files={"file": ("leads.csv", LEADS)},
            data={"source": "fair", "cadence": "", "start": str(start).lower()},
        )
    assert sent.status_code == 201, sent.text
    found: int = sent.json()["run"]["id"]
    return found


def ended(api: Api) -> None:
    """Wait for the import in the background."""
    deadline = monotonic() + 60
    while api.value("SELECT state FROM import_run") != "done":
        assert monotonic() < deadline
        sleep(0.05)


async def imported(api: Api) -> str:
    """A program sends a file that is to be imported."""
    await uploaded(api, start=True, session=False)
    await asyncio.to_thread(ended, api)
    return ""


async def imported_in_steps(api: Api) -> str:
    """Somebody sends a file, looks at it, and presses the button."""
    import_id = await uploaded(api, start=False, session=True)
    said = await by_console(api, "marketing", imports.begin, import_id)
    await asyncio.to_thread(ended, api)
    return said


DONE = {"disposition": "no_answer", "note": "Mornings"}
SKIPPED = {"disposition": "no_answer", "mail": {"skip": True}}
LACKING = {"disposition": "call_back"}
BOOKED = {"lead_id": 1, "starts_at": TOMORROW.isoformat(), "minutes": 45}
PAST = BOOKED | {"starts_at": LAST_YEAR.isoformat()}
NO_MARKETING = {"reason": "in talks"}
WORTH: SaidTerms = {"amount": Decimal(48000), "currency": "EUR"}
NEW = {"email": "ann@new.example", "company": "New AG"}
PROOF = {"address": "jane@acme.example", "reason": "by letter"}
SDR = "sdr@lindenmoor.example"
TOLD = {
    "mail": ["hot_lead"],
    "time_zone": "Asia/Seoul",
    "days": ["mon"],
    "begins": "09:00",
    "ends": "18:00",
}
HOT_BY_MAIL = {NotifyBy.MAIL: [NotificationKind.HOT_LEAD]}
book = ("meetings", "book", "1", "--by", "rep-1", "--minutes", "45", "--at")
ACTS = [
    Act(
        "complete",
        "sdr",
        asked("sdr", "POST", "/tasks/1/complete", **DONE),
        pressed("sdr", tasks.complete, 1, Completion(**DONE)),
        ("tasks", "done", "1", "no_answer", "--note", "Mornings"),
    ),
    Act(
        "complete what lacks a time",
        "sdr",
        asked("sdr", "POST", "/tasks/1/complete", **LACKING),
        pressed("sdr", tasks.complete, 1, Completion(**LACKING)),
        ("tasks", "done", "1", "call_back"),
        "needs a time: say when.",
    ),
    Act(
        "complete what a colleague has just done",
        "sdr",
        asked("sdr", "POST", "/tasks/1/complete", **DONE),
        pressed("sdr", tasks.complete, 1, Completion(**DONE)),
        ("tasks", "done", "1", "no_answer", "--note", "Mornings"),
        "has just done it with 'no_answer'. Your note is kept with the lead.",
        pending,
    ),
    Act(
        "complete and skip the mail",
        "sdr",
        asked("sdr", "POST", "/tasks/1/complete", **SKIPPED),
        pressed("sdr", tasks.complete, 1, Completion.model_validate(SKIPPED)),
        ("tasks", "done", "1", "no_answer", "--no-mail"),
    ),
    Act(
        "put off",
        "sdr",
        asked("sdr", "POST", "/tasks/1/snooze", until=SOON.isoformat()),
        pressed("sdr", tasks.snooze, 1, SOON),
        ("tasks", "snooze", "1", SOON.isoformat()),
        before=due_tomorrow,
    ),
    Act(
        "put off beyond the deadline",
        "sdr",
        asked("sdr", "POST", "/tasks/1/snooze", until=(SOON + timedelta(days=9)).isoformat()),
        pressed("sdr", tasks.snooze, 1, SOON + timedelta(days=9)),
        ("tasks", "snooze", "1", (SOON + timedelta(days=9)).isoformat()),
        "choose a time before that",
        due_tomorrow,
    ),
    Act(
        "complete with undo",
        "sdr",
        signed_in("sdr", "POST", "/tasks/1/pending-disposition", **DONE),
        pressed("sdr", tasks.complete_with_undo, 1, Completion(**DONE)),
        None,
    ),
    Act(
        "complete with undo what lacks a time",
        "sdr",
        signed_in("sdr", "POST", "/tasks/1/pending-disposition", **LACKING),
        pressed("sdr", tasks.complete_with_undo, 1, Completion(**LACKING)),
        None,
        "needs a time: say when.",
    ),
    Act(
        "undo",
        "sdr",
        signed_in("sdr", "DELETE", "/tasks/1/pending-disposition"),
        pressed("sdr", tasks.undo, 1),
        None,
        before=partial(pending, role="sdr"),
    ),
    Act(
        "undo what counts",
        "sdr",
        signed_in("sdr", "DELETE", "/tasks/1/pending-disposition"),
        pressed("sdr", tasks.undo, 1),
        None,
        "too late to take that back",
    ),
    Act(
        "set to do-not-market",
        "sdr",
        asked("sdr", "POST", "/accounts/1/do-not-market", **NO_MARKETING),
        pressed("sdr", accounts.set_do_not_market, 1, until=None, **NO_MARKETING),
        ("account", "do-not-market", "1", "--by", "rep-1", "--reason", "in talks", "--for-good"),
    ),
    Act(
        "set to do-not-market without a reason",
        "sdr",
        asked("sdr", "POST", "/accounts/1/do-not-market", reason=""),
        pressed("sdr", accounts.set_do_not_market, 1, until=None, reason=""),
        ("account", "do-not-market", "1", "--by", "rep-1", "--reason", "", "--for-good"),
        "Say why the account is do-not-market",
    ),
    Act(
        "choose what to be told",
        "sdr",
        signed_in("sdr", "PUT", "/me/notification-settings", **TOLD),
        pressed(
            "sdr",
            notifications.choose,
            NotificationChoices(HOT_BY_MAIL, "Asia/Seoul", ["mon"], time(9), time(18)),
        ),
        (
            *("notify", "set", SDR, "--mail", "hot_lead", "--zone", "Asia/Seoul"),
            *("--days", "mon", "--from", "09:00", "--to", "18:00"),
        ),
    ),
    Act(
        "be told in the time of no place",
        "sdr",
        signed_in("sdr", "PUT", "/me/notification-settings", time_zone="Mars/Olympus"),
        pressed("sdr", notifications.choose, NotificationChoices({}, "Mars/Olympus")),
        ("notify", "set", SDR, "--zone", "Mars/Olympus"),
        "There is no time zone 'Mars/Olympus'.",
    ),
    Act(
        "value an opportunity",
        "manager",
        asked("manager", "PATCH", "/opportunities/1", amount="48000", currency="EUR"),
        pressed("manager", opportunities.change_terms, 1, WORTH),
        ("opportunity", "value", "1", "--amount", "48,000", "--currency", "EUR"),
        before=for_sale,
    ),
    Act(
        "value an opportunity in no currency",
        "manager",
        asked("manager", "PATCH", "/opportunities/1", amount="48000", currency="EURO"),
        pressed("manager", opportunities.change_terms, 1, WORTH | {"currency": "EURO"}),
        ("opportunity", "value", "1", "--amount", "48000", "--currency", "EURO"),
        "'EURO' is no currency",
        for_sale,
    ),
    Act("import", "marketing", imported, imported_in_steps, ("import", "leads.csv")),
    Act(
        "publish",
        "marketing",
        asked(
            "marketing", "POST", "/publications", files=[{"name": "calls.yaml", "text": CADENCE}]
        ),
        pressed(
            "marketing",
            publishing.publish,
            ["calls.yaml"],
            partial(publishing.check_texts, files={"calls.yaml": CADENCE}),
        ),
        ("cadence", "publish", "calls.yaml"),
    ),
    Act(
        "publish a mistake",
        "marketing",
        asked(
            "marketing", "POST", "/publications", files=[{"name": "wrong.yaml", "text": MISTAKE}]
        ),
        pressed(
            "marketing",
            publishing.publish,
            ["wrong.yaml"],
            partial(publishing.check_texts, files={"wrong.yaml": MISTAKE}),
        ),
        ("cadence", "publish", "wrong.yaml"),
        "Nothing was published.",
    ),
    Act(
        "book",
        "sdr",
        asked("sdr", "POST", "/meetings", **BOOKED),
        pressed("sdr", meetings.book, 1, TOMORROW, 45),
        (*book, TOMORROW.isoformat()),
    ),
    Act(
        "book in the past",
        "sdr",
        asked("sdr", "POST", "/meetings", **PAST),
        pressed("sdr", meetings.book, 1, LAST_YEAR, 45),
        (*book, LAST_YEAR.isoformat()),
        "in the past",
    ),
    Act(
        "reassign",
        "manager",
        asked("manager", "POST", "/team/reassign", leads=[1], to="rep-2"),
        pressed("manager", team.reassign, [1], "rep-2"),
        ("team", "reassign", "1", "--to", "rep-2"),
    ),
    Act(
        "nudge",
        "manager",
        asked("manager", "POST", "/leads/1/nudge"),
        pressed("manager", team.nudge, 1),
        ("team", "nudge", "1"),
    ),
    Act(
        "reassign to nobody",
        "manager",
        asked("manager", "POST", "/team/reassign", leads=[1], to="rep-7"),
        pressed("manager", team.reassign, [1], "rep-7"),
        ("team", "reassign", "1", "--to", "rep-7"),
        "There is no rep 'rep-7'",
    ),
    Act(
        "sign",
        "manager",
        asked("manager", "PUT", "/team/rep-1/profile", phone="+49 30 55501234"),
        pressed("manager", profiles.set_profile, "rep-1", Profile(phone="+49 30 55501234")),
        ("team", "profile", "rep-1", "--phone", "+49 30 55501234"),
    ),
    Act(
        "sign from elsewhere",
        "manager",
        asked("manager", "PUT", "/team/rep-1/profile", email="hana@home.example"),
        pressed("manager", profiles.set_profile, "rep-1", Profile(email="hana@home.example")),
        ("team", "profile", "rep-1", "--email", "hana@home.example"),
        "name it in EMAIL_DOMAINS",
    ),
    Act(
        "suppress",
        "marketing",
        asked("marketing", "PUT", "/suppressions/1", reason="by phone"),
        pressed("marketing", suppressions.suppress, 1, "by phone"),
        ("lead", "suppress", "1", "--reason", "by phone"),
    ),
    Act(
        "permit who complained",
        "marketing",
        asked("marketing", "POST", "/suppressions/1/permit", evidence="on the phone"),
        pressed("marketing", suppressions.permit, 1, "on the phone"),
        ("lead", "permit", "1", "--evidence", "on the phone"),
        "no permission lifts that",
        complained,
    ),
    Act(
        "merge",
        "manager",
        asked("manager", "POST", "/leads/1/merge", other=2, values={"email": 2}),
        pressed("manager", duplicates.merge, 1, 2, {"email": 2}),
        ("lead", "merge", "1", "2", "--take", "email", "--yes"),
        before=twice,
    ),
    Act(
        "merge away who is further",
        "manager",
        asked("manager", "POST", "/leads/2/merge", other=1),
        pressed("manager", duplicates.merge, 2, 1),
        ("lead", "merge", "2", "1", "--yes"),
        "one goes on: keep lead-1",
        twice,
    ),
    Act(
        "match accounts",
        "manager",
        asked("manager", "POST", "/account-matches", domain="acme.example", name="Acme Ltd"),
        pressed("manager", duplicates.match_leads, "acme.example", None, "Acme Ltd"),
        ("account", "match", "acme.example", "--name", "Acme Ltd"),
        before=twice,
    ),
    Act(
        "match a provider's domain",
        "manager",
        asked("manager", "POST", "/account-matches", domain="gmail.com", name="Gmail"),
        pressed("manager", duplicates.match_leads, "gmail.com", None, "Gmail"),
        ("account", "match", "gmail.com", "--name", "Gmail"),
        "need not be colleagues",
        twice,
    ),
    Act(
        "enter a lead",
        "marketing",
        asked("marketing", "POST", "/leads", **NEW, cadence="welcome-nurture"),
        pressed("marketing", persons.create, PersonFields(**NEW), cadence="welcome-nurture"),
        ("lead", "add", NEW["email"], "--company", "New AG", "--cadence", "welcome-nurture"),
    ),
    Act(
        "enter who is known",
        "marketing",
        asked("marketing", "POST", "/leads", email="Jane@acme.example"),
        pressed("marketing", persons.create, PersonFields(email="Jane@acme.example")),
        ("lead", "add", "Jane@acme.example"),
        "is known: it is lead 1",
    ),
    Act(
        "correct",
        "sdr",
        asked("sdr", "PATCH", "/leads/1", email="jane.doe@acme.example"),
        pressed("sdr", persons.correct, 1, PersonFields(email="jane.doe@acme.example")),
        ("lead", "correct", "1", "--email", "jane.doe@acme.example", "--by", "rep-1"),
    ),
    Act(
        "erase",
        "admin",
        asked("admin", "POST", "/leads/1/erase", **PROOF),
        pressed("admin", erasure.erase, 1, *PROOF.values()),
        ("lead", "erase", "1", "--address", "jane@acme.example", "--reason", "by letter"),
    ),
    Act(
        "erase somebody else",
        "admin",
        asked("admin", "POST", "/leads/1/erase", address="x@acme.example"),
        pressed("admin", erasure.erase, 1, "x@acme.example"),
        ("lead", "erase", "1", "--address", "x@acme.example"),
        "This is not the address of lead-1",
    ),
]
