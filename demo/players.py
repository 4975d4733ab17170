"""Plays the people of the demo through what people use: the outbox, its links, the task list."""

from __future__ import annotations

import heapq
import html
import itertools
import random
import re
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from demo.people import WORKS_WITHIN, DemoPerson
from demo.sales import SalesTeam
from demo.web import WebClient
from domain.contracts.tasks import TaskKind
from domain.email.addresses import address_key
from settings import Clock

TICK_SECONDS = 0.2
PAGE = 500
SLOTS_LOOKED_AT = 24

# Journey days until somebody gets round to it.
READS_WITHIN = (0.02, 0.5)
READS_AGAIN_WITHIN = (1.0, 2.0)

REPLY = "This comes at the right time. Can somebody call me this week?"
REPLY_KO = "마침 필요하던 이야기예요. 이번 주에 통화할 수 있을까요?"


@dataclass(frozen=True)
class Happening:
    """Something somebody did, for the screen; ``at`` is journey time."""

    at: datetime
    who: str
    what: str


class Players:
    """All people of the demo, in one thread.

    ``sales`` is the part of them that works tasks.

    Args:
        tell: told of everything they do; called in the thread of :meth:`run`.
    """

    def __init__(
        self,
        web: WebClient,
        clock: Clock,
        people: Mapping[str, DemoPerson],
        tell: Callable[[Happening], None],
    ) -> None:
        self._web = web
        self._clock = clock
        self._people = people
        self._tell = tell
        self._random = random.Random(len(people))
        self.sales = SalesTeam(web, clock, people, self._did)
        self._followed = ""
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

    def _click(self, person: DemoPerson, url: str, times: int = 1) -> None:
        self._web.get(url, 302)
        self._did(person.name, "followed a link")
        if times > 1:
            self._soon(lambda: self._click(person, url, times - 1), READS_AGAIN_WITHIN)

    def _reply(self, person: DemoPerson, mail: dict[str, Any]) -> None:
        korean = re.search("[가-힣]", mail["subject"])
        answer = {"text": REPLY_KO if korean else REPLY}
        self._web.ask_api("POST", f"/mails/{mail['id']}/reply", json=answer)
        self._did(person.name, "replied")

    def _unsubscribe(self, person: DemoPerson, url: str) -> None:
        self._web.post(url, {"List-Unsubscribe": "One-Click"}, 200)
        self._did(person.name, "unsubscribed")

    def _use_booking_link(self, person: DemoPerson, number: int, url: str) -> None:
        kind = person.temperament
        if person.has_missed and person.rebooked < kind.rebooks:
            if self._book(person, url):
                person.has_missed, person.rebooked = False, person.rebooked + 1
                self._did(person.name, "took a new time by the link in a mail")
        elif kind.books_from and number >= kind.books_from and not person.has_booked:
            if self._book(person, url):
                self._did(person.name, "booked a meeting by the link in a mail")
        elif kind.cancels and person.has_booked and not person.cancelled:
            answer = self._web.post(url, {"action": "cancel"}, 200, 409)
            if answer.is_success:
                person.cancelled = person.has_missed = True
                self._did(person.name, "cancelled the meeting")

    def _book(self, person: DemoPerson, url: str) -> bool:
        """Choose one of the next free times; False when there is none or it was taken meanwhile."""
        page = self._web.get(url, 200).text
        slots = re.findall(r'name="starts_at" value="([^"]+)"', page)[:SLOTS_LOOKED_AT]
        if not slots:
            return False
        slot = html.unescape(self._random.choice(slots))
        booked = self._web.post(url, {"starts_at": slot}, 200, 409, 429).is_success
        person.has_booked = person.has_booked or booked
        return booked

    def _look_at_tasks(self) -> None:
        for task in self.sales.new_tasks():
            opened_at = datetime.fromisoformat(task["opened_at"])
            self._soon(
                partial(self.sales.work, task["id"]),
                WORKS_WITHIN[TaskKind(task["kind"])],
                opened_at,
            )
