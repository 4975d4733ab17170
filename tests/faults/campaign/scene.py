"""What all players of the campaign share."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Any

import httpx2 as httpx

from settings import Clock
from tests.faults.campaign.book import Book
from tests.faults.campaign.mailbox import Mailbox
from tests.support.deployment import Deployment

AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"


class NeverAnswered(Exception):
    """The campaign ended before a request was acknowledged."""


@dataclass(frozen=True)
class Plan:
    """How many leads come, over how many seconds."""

    leads: int
    seconds: float
    seed: int


@dataclass
class Scene:
    """The deployment, its people's book and mail, and how far the campaign is."""

    here: Deployment
    book: Book
    mailbox: Mailbox
    clock: Clock
    plan: Plan
    over: threading.Event = field(default_factory=threading.Event)
    begun: float = field(default_factory=time.monotonic)
    followed: set[str] = field(default_factory=set)
    """Links that somebody has followed, or begun to: each is once, so that its visits are told from
    each other."""
    come: int = 0
    """How many leads have come; they are numbered from 0."""

    def share_played(self) -> float:
        """How much of the time is over, from 0 to 1."""
        return (time.monotonic() - self.begun) / self.plan.seconds

    def anybody(self, random: Random) -> int:
        """The number of a lead that has come."""
        return random.randrange(max(1, self.come))


@dataclass
class Player:
    """One who acts on a scene: each has a browser, and chances, of its own."""

    scene: Scene
    name: str
    pause: tuple[float, float]
    """Seconds between two of its acts."""
    act: Callable[[Player], None]
    token: str = ""
    browser: httpx.Client = field(init=False)
    random: Random = field(init=False)

    def play(self) -> None:
        """Until the campaign is over. What is not answered is not acknowledged; and goes on."""
        self.random = Random(f"{self.scene.plan.seed} {self.name}")
        headers = {"User-Agent": AGENT}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        base = f"http://127.0.0.1:{self.scene.here.web_port}"
        with httpx.Client(base_url=base, timeout=10, headers=headers) as self.browser:
            while not self.scene.over.wait(self.random.uniform(*self.pause)):
                try:
                    self.act(self)
                except (httpx.HTTPError, NeverAnswered):
                    continue

    def get(self, path: str) -> Any:
        """What the API answers; None when it does not."""
        answer = self.browser.get(f"/api{path}")
        return answer.json() if answer.status_code == 200 else None

    def change(self, method: str, path: str, body: object = None) -> httpx.Response:
        """Change something through the API; who asked is to be on record."""
        self.scene.book.ask("change on record", self.name)
        answer = self.browser.request(method, f"/api{path}", json=body)
        if answer.is_success:
            self.scene.book.acknowledge("change on record", self.name)
        return answer

    def insist(self, send: Callable[[], bool], patience: float = 0.0) -> None:
        """Send again and again until it is acknowledged, as programs do.

        Args:
            patience: for how many seconds to go on after the campaign is over.

        Raises:
            NeverAnswered: it was not.
        """
        until = None
        while not self._sent(send):
            self.scene.over.wait(0.5)
            if self.scene.over.is_set():
                until = until or time.monotonic() + patience
                if time.monotonic() > until:
                    raise NeverAnswered
                time.sleep(0.5)

    def _sent(self, send: Callable[[], bool]) -> bool:
        try:
            return send()
        except httpx.HTTPError:
            return False


def taken(answer: httpx.Response) -> bool:
    """Whether a report was taken; a provider repeats it otherwise.

    Raises:
        AssertionError: it would never be.
    """
    assert not 400 <= answer.status_code < 500, f"{answer.url.path}: {answer.text[:500]}"
    return answer.is_success
