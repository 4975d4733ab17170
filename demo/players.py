"""Plays the people of the demo through what people use: the outbox, its links, the task list."""

from __future__ import annotations

import heapq
import html
import http.client
import itertools
import json
import random
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlencode, urlsplit

from sqlalchemy import Engine

from cli.errors import UserError
from demo.people import LEARNED, NOTES, WORKS_WITHIN, Person
from domain.email.addresses import address_key
from domain.time.window import SendWindow, next_opening
from settings import Clock
from store.meetings.meetings import MeetingRefused
from store.tasks import tasks
from store.tasks.answers import Answer, TaskOver
from store.views import task_lists
from store.views.task_lists import OpenTask, TaskDetail

TICK_SECONDS = 0.2
PAGE = 500
SLOTS_LOOKED_AT = 24
TRIES = 5
"""How often sales tries to book when each time is taken before it is entered."""
WEB_TIMEOUT_SECONDS = 60.0
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
"""What people's browsers say they are; a client that says nothing passes for a link scanner."""

OFFICE_HOURS = SendWindow(skip_holidays=False)
UNOWNED_TASKS_GO_TO = "rep-1"

# Journey days until somebody gets round to it.
READS_WITHIN = (0.02, 0.5)
READS_AGAIN_WITHIN = (1.0, 2.0)

REPLY = "This comes at the right time. Can somebody call me this week?"
REPLY_KO = "마침 필요하던 이야기예요. 이번 주에 통화할 수 있을까요?"


class WebClient:
    """One kept connection to the web app.

    Args:
        token: with which the API is asked; recipients' links need none.
    """

    def __init__(self, url: str, token: str) -> None:
        self._token = token
        where = urlsplit(url)
        self._connection = http.client.HTTPConnection(
            where.hostname or "", where.port, timeout=WEB_TIMEOUT_SECONDS
        )

    def get(self, url: str, *expected: int) -> tuple[int, str]:
        """Status and body; any status that is not ``expected`` is an error."""
        return self._ask("GET", url, {}, None, expected)

    def post(self, url: str, form: Mapping[str, str], *expected: int) -> tuple[int, str]:
        """Send a form as a browser does."""
        headers = {"Content-Type": "application/x-www-form-urlencoded"} if form else {}
        return self._ask("POST", url, headers, urlencode(form), expected)

    def ask_api(self, method: str, path: str, body: Mapping[str, str] | None = None) -> Any:
        """What the API answers, read from JSON."""
        headers = {
            "Authorization": f"Bearer {self._token}",
            "Content-Type": "application/json",
        }
        sent = None if body is None else json.dumps(body)
        return json.loads(self._ask(method, f"/api{path}", headers, sent, (200,))[1])

    def _ask(
        self,
        method: str,
        url: str,
        headers: dict[str, str],
        body: str | None,
        expected: tuple[int, ...],
    ) -> tuple[int, str]:
        where = urlsplit(url)
        path = f"{where.path}?{where.query}" if where.query else where.path
        self._connection.request(method, path, body, {"User-Agent": BROWSER, **headers})
        response = self._connection.getresponse()
        text = response.read().decode()
        if response.status not in expected:
            page = "/".join(where.path.split("/")[:2])
            raise UserError(
                f"The web app answered {response.status} to {method} {page}: see its log."
            )
        return response.status, text


@dataclass(frozen=True)
class Happening:
    """Something somebody did, for the screen; ``at`` is journey time."""

    at: datetime
    who: str
    what: str


class Players:
    """All people of the demo, in one thread.

    Args:
        tell: told of everything they do; called in the thread of :meth:`run`.
    """

    def __init__(
        self,
        web: WebClient,
        database: Engine,
        clock: Clock,
        people: Mapping[str, Person],
        tell: Callable[[Happening], None],
    ) -> None:
        self._web = web
        self._database = database
        self._clock = clock
        self._people = people
        self._tell = tell
        self._random = random.Random(len(people))
        self._followed = ""
        self._seen_tasks: set[int] = set()
        self._agenda: list[tuple[datetime, int, Callable[[], None]]] = []
        self._numbers = itertools.count()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="players", daemon=True)
        self.error: Exception | None = None

    def start(self) -> None:
        """Begin to play, in a thread of its own."""
        self._thread.start()

    def stop(self) -> None:
        """Stop playing; returns when the action in hand is done."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        try:
            while not self._stopping.wait(TICK_SECONDS):
                self._read_mail()
                self._look_at_tasks()
                self._act()
        # Whatever it is, the demo is to say so instead of waiting for people who never come.
        except Exception as error:
            self.error = error

    def _act(self) -> None:
        while self._agenda and self._agenda[0][0] <= self._clock.now():
            if self._stopping.is_set():
                return
            heapq.heappop(self._agenda)[2]()

    def _soon(
        self,
        action: Callable[[], None],
        days: tuple[float, float],
        since: datetime | None = None,
    ) -> None:
        due = (since or self._clock.now()) + timedelta(days=self._random.uniform(*days))
        heapq.heappush(self._agenda, (due, next(self._numbers), action))

    def _did(self, who: str, what: str) -> None:
        self._tell(Happening(self._clock.now(), who, what))

    # Prospects

    def _read_mail(self) -> None:
        while True:
            page = self._web.ask_api("GET", f"/mails/follow?limit={PAGE}{self._followed}")
            for message in page["items"]:
                self._receive(message)
            self._followed = f"&cursor={page['next_cursor']}"
            if len(page["items"]) < PAGE:
                return

    def _receive(self, mail: dict[str, Any]) -> None:
        person = self._people.get(address_key(mail["recipient"]))
        if person is None:
            # To one of the sales side, who hears of it by the task.
            return
        person.mails += 1
        kind = person.temperament
        links = {link["kind"]: link["url"] for link in reversed(mail["links"])}
        number = person.mails
        times = kind.clicks.count(number)
        if times and "click" in links:
            self._soon(lambda: self._click(person, links["click"], times), READS_WITHIN)
        if number in kind.replies:
            self._soon(lambda: self._reply(person, mail), READS_WITHIN)
        if number == kind.unsubscribes:
            self._soon(lambda: self._unsubscribe(person, links["unsubscribe"]), READS_WITHIN)
        if number == 6 and kind.returns_after_days:
            when = (kind.returns_after_days, 1.5 * kind.returns_after_days)
            self._soon(lambda: self._click(person, links["click"]), when)
        if "booking" in links:
            self._soon(lambda: self._use_booking_link(person, number, links["booking"]), (0.1, 0.6))

    def _click(self, person: Person, url: str, times: int = 1) -> None:
        self._web.get(url, 302)
        self._did(person.name, "followed a link")
        if times > 1:
            self._soon(lambda: self._click(person, url, times - 1), READS_AGAIN_WITHIN)

    def _reply(self, person: Person, mail: dict[str, Any]) -> None:
        korean = re.search("[가-힣]", mail["subject"])
        answer = {"text": REPLY_KO if korean else REPLY}
        self._web.ask_api("POST", f"/mails/{mail['id']}/reply", answer)
        self._did(person.name, "replied")

    def _unsubscribe(self, person: Person, url: str) -> None:
        self._web.post(url, {"List-Unsubscribe": "One-Click"}, 200)
        self._did(person.name, "unsubscribed")

    def _use_booking_link(self, person: Person, number: int, url: str) -> None:
        kind = person.temperament
        if person.has_missed and person.rebooked < kind.rebooks:
            if self._book(person, url):
                person.has_missed, person.rebooked = False, person.rebooked + 1
                self._did(person.name, "took a new time by the link in a mail")
        elif kind.books_from and number >= kind.books_from and not person.has_booked:
            if self._book(person, url):
                self._did(person.name, "booked a meeting by the link in a mail")
        elif kind.cancels and person.has_booked and not person.cancelled:
            status, _ = self._web.post(url, {"action": "cancel"}, 200, 409)
            if status == 200:
                person.cancelled = person.has_missed = True
                self._did(person.name, "cancelled the meeting")

    def _book(self, person: Person, url: str) -> bool:
        """Choose one of the next free times; False when there is none or it was taken meanwhile."""
        _, page = self._web.get(url, 200)
        slots = re.findall(r'name="starts_at" value="([^"]+)"', page)[:SLOTS_LOOKED_AT]
        if not slots:
            return False
        slot = html.unescape(self._random.choice(slots))
        status, _ = self._web.post(url, {"starts_at": slot}, 200, 409, 429)
        person.has_booked = person.has_booked or status == 200
        return status == 200

    # Sales

    def _look_at_tasks(self) -> None:
        with self._database.connect() as connection:
            found = task_lists.open_tasks(connection)
        for task in found:
            if task.id not in self._seen_tasks:
                self._seen_tasks.add(task.id)
                self._soon(partial(self._work, task), WORKS_WITHIN[task.kind], task.opened_at)

    def _work(self, task: OpenTask) -> None:
        shown = _look_at(self._database, task.id, self._clock.now())
        if shown is None:
            return
        person = self._people[address_key(shown.email)]
        answer = self._answer(shown, person)
        if answer is None or not enter(self._database, self._clock, task.id, answer):
            return
        if answer.disposition in ("no_show", "cancelled"):
            person.has_missed = True
        person.has_booked = person.has_booked or answer.disposition == "meeting_booked"
        self._did(answer.by, f"{task.kind.replace('_', ' ')}, {person.name}: {answer.disposition}")

    def _answer(self, task: TaskDetail, person: Person) -> Answer | None:
        """What sales finds out; None when the task is left undone."""
        code = self._outcome(task, person)
        if code == "leave":
            return None
        disposition, reason, competitor = [*code.split(":"), "", ""][:3]
        return Answer(
            disposition,
            by=task.owner or UNOWNED_TASKS_GO_TO,
            at=self._appointment(task.time_zone, disposition),
            reason=reason,
            note=NOTES.get(disposition, ""),
            extra=LEARNED if disposition == "advanced" else {},
            competitor=competitor,
        )

    def _outcome(self, task: TaskDetail, person: Person) -> str:
        kind = person.temperament
        match task.kind:
            case "qualify":
                return person.turn(kind.qualify, "qualify")
            case "call":
                return person.turn(kind.calls, "calls")
            case "meeting_outcome":
                return person.turn(kind.meetings, "meetings")
            case "opportunity":
                return person.turn(kind.sale, "sale")
            case "renewal":
                return kind.renewal
            case "upsell":
                return "not_now"
            case _:
                return "done"

    def _appointment(self, time_zone: str, disposition: str) -> datetime | None:
        if disposition not in ("meeting_booked", "call_back"):
            return None
        after = self._clock.now() + timedelta(days=self._random.uniform(2, 4))
        opening = next_opening(OFFICE_HOURS, after, time_zone, "")
        return opening.replace(minute=opening.minute // 30 * 30, second=0, microsecond=0)


def enter(database: Engine, clock: Clock, task_id: int, answer: Answer) -> bool:
    """Finish a task as a person would: at the next free time when that of an appointment is taken,
    and by its new owner when it has just changed hands.

    Returns:
        False when the task is over, or no time was free.

    Raises:
        store.tasks.answers.TaskRefused: the task cannot be answered so.
    """
    for _ in range(TRIES):
        try:
            with database.begin() as connection:
                tasks.complete_task(connection, task_id, answer, clock.now())
        except MeetingRefused as refusal:
            if not refusal.free:
                return False
            answer = replace(answer, at=refusal.free[0])
        except TaskOver:
            shown = _look_at(database, task_id, clock.now())
            if shown is None or shown.owner in ("", answer.by):
                return False
            answer = replace(answer, by=shown.owner)
        else:
            return True
    return False


def _look_at(database: Engine, task_id: int, now: datetime) -> TaskDetail | None:
    """The task as it is now; None when it is not open any more."""
    with database.connect() as connection:
        shown = task_lists.detail(connection, task_id, now)
    return shown if shown is not None and shown.state == "open" else None
