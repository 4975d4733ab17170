"""The people of the campaign. They reach the product over HTTP and mail only, and write down what
was acknowledged."""

from __future__ import annotations

import email
import email.policy
import functools
import random
import re
import threading
import time
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, TextIO

import httpx2 as httpx
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from settings import Clock
from tests.faults.deployment import Deployment, message

AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
REPS = ("rep-1", "rep-2", "rep-3", "rep-4")
_LINK = re.compile(r"https?://127\.0\.0\.1:\d+/(l|u)/[^\s\"'<>]+")
_LEAD = re.compile(r"user-(\d+)@")


class Book:
    """What was asked and what was acknowledged, in memory and in a file that is only added to."""

    def __init__(self, path: Path) -> None:
        self._file: TextIO = path.open("a", encoding="utf-8")
        self._lock = threading.Lock()
        self.acknowledged: dict[str, dict[str, Any]] = defaultdict(dict)
        self.asked: dict[str, set[str]] = defaultdict(set)

    def ask(self, kind: str, key: str) -> None:
        """Before it is sent."""
        self._note("asked", kind, key)
        self.asked[kind].add(key)

    def acknowledge(self, kind: str, key: str, detail: Any = None) -> None:
        """After an answer that says it is kept."""
        self._note("acknowledged", kind, key)
        self.acknowledged[kind][key] = detail

    def _note(self, what: str, kind: str, key: str) -> None:
        with self._lock:
            self._file.write(f"{time.time():.3f} {what} {kind} {key}\n")
            self._file.flush()


class Mailbox:
    """An SMTP server; every mail that it has accepted, by its Message-ID."""

    def __init__(self, port: int) -> None:
        self.mails: dict[str, list[float]] = defaultdict(list)
        self.links: list[tuple[str, str, str]] = []
        """Address, kind of link, URL."""
        self._server = Controller(self, hostname="127.0.0.1", port=port, ready_timeout=30)

    def start(self) -> None:
        """Begin to accept."""
        self._server.start()

    def stop(self) -> None:
        """Accept no more."""
        self._server.stop()

    async def handle_DATA(  # noqa: N802
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Keep a mail. The name is aiosmtpd's."""
        assert isinstance(envelope.content, bytes)
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        self.mails[str(mail["Message-ID"]).strip("<>")].append(time.time())
        body = mail.get_body(("plain",))
        for link in _LINK.finditer(body.get_content() if body else ""):
            self.links.append((str(mail["To"]), link[1], link[0]))
        return "250 kept"


@dataclass(frozen=True)
class Plan:
    """How many leads come, over how many seconds."""

    leads: int
    seconds: float
    seed: int


class Players:
    """Leads who come, look around, ask, click and leave; reps who do their tasks and book."""

    def __init__(
        self,
        here: Deployment,
        book: Book,
        mailbox: Mailbox,
        *,
        tokens: dict[str, str],
        clock: Clock,
        plan: Plan,
    ) -> None:
        self._here, self._book, self._mailbox, self._tokens = here, book, mailbox, tokens
        self._clock, self._leads, self._seconds = clock, plan.leads, plan.seconds
        self._random = random.Random(plan.seed)
        self._over = threading.Event()
        self._come = 0
        self._tried: set[str] = set()
        acts = [self._visit, self._recipient, *(functools.partial(self._rep, rep) for rep in REPS)]
        self._threads = [threading.Thread(target=self._play, args=(act,)) for act in acts]
        self.failures: list[BaseException] = []

    def start(self) -> None:
        """Let everybody begin."""
        for one in self._threads:
            one.start()

    def stop(self) -> None:
        """Everybody ends what they are at."""
        self._over.set()
        for one in self._threads:
            one.join()

    def _play(self, act: Any) -> None:
        with httpx.Client(
            base_url=f"http://127.0.0.1:{self._here.web_port}",
            timeout=10,
            headers={"User-Agent": AGENT},
        ) as client:
            _local.client = client
            while not self._over.wait(self._random.uniform(0.1, 0.6)):
                try:
                    act()
                except (httpx.HTTPError, ValueError):
                    continue
                except BaseException as failure:
                    self.failures.append(failure)
                    raise

    def _visit(self) -> None:
        """Leads come over the first four fifths; those there look around, and some ask."""
        if self._come < self._leads:
            batch = [
                message("identify", n, traits={"email": f"user-{n}@faults.example"})
                for n in range(self._come, min(self._leads, self._come + self._pace()))
            ]
            self._send("identify", batch)
            self._come += len(batch)
        if not self._come:
            return
        self._send("event", [message("page", self._anybody(), name="Home") for _ in range(5)])
        asking = self._anybody()
        if asking % 2 == 0 and str(asking) not in self._book.acknowledged["crossing"]:
            asked = message("track", asking, event="Asked")
            self._send("event", [asked])
            self._book.acknowledge("crossing", str(asking))

    def _pace(self) -> int:
        return max(1, round(self._leads * 0.8 / self._seconds))

    def _anybody(self) -> int:
        return self._random.randrange(max(1, self._come))

    def _send(self, kind: str, batch: list[dict[str, Any]]) -> None:
        """Again and again until it is acknowledged, as the client libraries do."""
        for one in batch:
            self._book.ask(kind, one["messageId"])
        while not self._here.send_once(batch):
            if self._over.wait(0.5):
                raise ValueError("the campaign ends before this was acknowledged")
        for one in batch:
            self._book.acknowledge(kind, one["messageId"], one["userId"])

    def _recipient(self) -> None:
        """Somebody clicks in a mail, once; one lead in ten wants no more."""
        if not self._mailbox.links:
            return
        address, kind, url = self._random.choice(self._mailbox.links)
        found = _LEAD.search(address)
        if url in self._tried or found is None:
            return
        lead = found[1]
        leaves = int(lead) % 10 == 3
        if kind == "u" and not leaves:
            return
        what = "unsubscribe" if kind == "u" else "click"
        self._tried.add(url)
        self._book.ask(what, url)
        path = url.partition(f":{self._here.web_port}")[2]
        answer = _local.client.request(
            "POST" if kind == "u" else "GET", path, follow_redirects=False
        )
        if answer.status_code in (200, 302):
            self._book.acknowledge(what, url, lead)

    def _rep(self, rep: str) -> None:
        """Do one of the open tasks."""
        headers = {"Authorization": f"Bearer {self._tokens[rep]}"}
        tasks = _local.client.get("/api/tasks?of=mine", headers=headers)
        if tasks.status_code != 200 or not (items := tasks.json()["items"]):
            return
        task = self._random.choice(items)
        body = self._disposition(task["kind"])
        key = str(task["id"])
        self._book.ask("disposition", key)
        answer = _local.client.post(f"/api/tasks/{key}/complete", headers=headers, json=body)
        if answer.status_code == 200:
            self._book.acknowledge("disposition", key, body["disposition"])
            if body["disposition"] == "meeting_booked":
                self._book.acknowledge("booking", key)

    def _disposition(self, kind: str) -> dict[str, Any]:
        match kind:
            case "qualify":
                return {"disposition": "accept"}
            case "call" if self._random.random() < 0.5:
                at = self._clock.now() + timedelta(hours=self._random.randrange(20, 400))
                return {"disposition": "meeting_booked", "at": at.isoformat()}
            case "call":
                return {"disposition": "not_interested"}
            case "meeting_outcome":
                return {"disposition": "held"}
            case "opportunity":
                return {"disposition": "lost", "reason": "price"}
        return {"disposition": "done"}


_local: Any = threading.local()
