"""A worker's desk: real ledger, real activities, and a provider that does as it is told."""

from __future__ import annotations

import copy
import dataclasses
import json
import threading
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Engine, text
from temporalio.testing import ActivityEnvironment

from activities.cadences import CadenceActivities
from activities.email import Email, deliver
from activities.resources import Resources
from domain.contracts.journey import Plan, RunStep
from domain.email.links import LinkSigner
from domain.email.rendering import CompiledTemplate
from domain.rules.policy import PolicyFile
from mail.channels.base import (
    Channel,
    ChannelError,
    DeliveryReceipt,
    EmailMessage,
    HandOver,
    unmarked,
)
from settings import Settings
from store.published.policies import publish_policy
from tests.support.scoring_policy import simple_scoring

NOW = datetime(2026, 3, 3, 10, tzinfo=UTC)
"""A Tuesday morning."""


class ProcessDied(BaseException):
    """The worker was killed here: nothing after this happened, and nobody cleaned up."""


@dataclass
class Provider:
    """The outside company that sends our mail.

    ``answers`` are its next answers, then it accepts: an error is raised without the mail being
    taken. ``dies`` is where the worker is killed: ``before`` the hand-over is marked, ``marked``
    right after, or ``after`` the mail was taken. ``knows`` is whether it can be asked about a mail.
    """

    knows: bool = False
    answers: deque[ChannelError] = field(default_factory=deque)
    dies: str = ""
    accepted: list[str] = field(default_factory=list)
    entered: threading.Event = field(default_factory=threading.Event)
    may_answer: threading.Event = field(default_factory=threading.Event)
    name: str = "stand-in"

    def __post_init__(self) -> None:
        self.may_answer.set()

    def send(self, message: EmailMessage, before_hand_over: HandOver = unmarked) -> DeliveryReceipt:
        """Take the mail, or do what was scripted instead."""
        dies, self.dies = self.dies, ""
        if dies == "before":
            raise ProcessDied
        before_hand_over()
        self.entered.set()
        assert self.may_answer.wait(30), "the test forgot to let the provider answer"
        if self.answers:
            raise self.answers.popleft()
        if dies == "marked":
            raise ProcessDied
        self.accepted.append(message.touch_key)
        if dies == "after":
            raise ProcessDied
        return DeliveryReceipt(f"theirs-{len(self.accepted)}")

    def was_accepted(self, touch_key: str) -> bool | None:
        """Whether the mail was taken; None when the provider can't be asked."""
        return touch_key in self.accepted if self.knows else None


class Desk:
    """One lead, one template, one channel; each call is an attempt as Temporal would make it."""

    def __init__(self, database: Engine, channel: Channel) -> None:
        self.database = database
        self.settings = Settings(secret_key="a secret of the tests, 0123456789")
        self.resources = Resources(
            database, channel, LinkSigner("test", self.settings.web_url()), self.settings
        )
        self.lead_id = self.value(
            "INSERT INTO lead (email, email_key, first_name, phase) "
            "VALUES ('ada@lovelace.example', 'ada@lovelace.example', 'Ada', 'Nurture') "
            "RETURNING id"
        )
        self.turn, self.local = 0, False
        self.template_id = self.template("hello")
        self.publish(simple_scoring(click=1))

    def template(self, name: str, html: str = "") -> int:
        """Publish a template that says its name, or ``html``; returns the version's id."""
        compiled = {"subject": name, "preheader": "", "html": html or name, "text": name}
        return int(
            self.value(
                "INSERT INTO template_version (name, language, digest, source, compiled) "
                "VALUES (:name, 'en', :name, '', cast(:compiled AS jsonb)) "
                "ON CONFLICT (name, language, digest) DO UPDATE SET source = '' RETURNING id",
                name=name,
                compiled=json.dumps(compiled),
            )
        )

    def publish(self, rules: PolicyFile) -> None:
        """Put a policy in force."""
        with self.database.begin() as connection:
            publish_policy(connection, rules.model_dump_json(), rules)

    def with_channel(self, channel: Channel) -> Desk:
        """The same desk with another channel."""
        other = copy.copy(self)
        other.resources = dataclasses.replace(self.resources, channel=channel)
        return other

    def deliver(self, attempt: int = 1, body: str = "Hello", **changed: Any) -> str:
        """Attempt number ``attempt`` at the one mail of this desk."""
        email = Email(
            key="enrollment-1:hello:1",
            lead_id=self.lead_id,
            recipient="ada@lovelace.example",
            recipient_name="Ada",
            step="hello",
            template_version_id=self.template_id,
            template=CompiledTemplate(subject="Hello", preheader="", html=body, text=body),
            fields={"lead": {"first_name": "Ada"}},
            topic="nurture",
        )
        email = dataclasses.replace(email, **changed)
        return str(attempt_number(attempt).run(deliver, self.resources, email, NOW).state)

    def run_step(
        self, request: RunStep, attempt: int = 1, at: datetime = NOW, *, local: bool = False
    ) -> Plan:
        """Attempt number ``attempt`` at a step of a cadence; a ``local`` one, within the workflow
        task, comes before the first."""
        self.turn += local or (attempt == 1 and not self.local)
        self.local = local
        request = dataclasses.replace(request, turn=self.turn, now=at.isoformat())
        environment = attempt_number(attempt, at)
        environment.info = dataclasses.replace(environment.info, is_local=local)
        return environment.run(CadenceActivities(self.resources).run_step, request)

    def die(self, attempt: int = 1) -> None:
        """An attempt whose worker is killed while the provider has the mail."""
        try:
            self.deliver(attempt)
        except ProcessDied:
            return
        raise AssertionError("the worker lived")

    def suppress(self, reason: str) -> None:
        """The lead is never to be mailed again."""
        self.run(
            "INSERT INTO suppression VALUES ('ada@lovelace.example', :reason, now())",
            reason=reason,
        )

    def touch(self, *columns: str) -> tuple[Any, ...]:
        """Columns of the one touch in the ledger."""
        with self.database.connect() as connection:
            return tuple(connection.execute(text(f"SELECT {', '.join(columns)} FROM touch")).one())

    def run(self, statement: str, **parameters: Any) -> None:
        """Change something in the database."""
        with self.database.begin() as connection:
            connection.execute(text(statement), parameters)

    def value(self, query: str, **parameters: Any) -> Any:
        """The one value a statement gives."""
        with self.database.begin() as connection:
            return connection.execute(text(query), parameters).scalar()

    def values(self, query: str, **parameters: Any) -> list[Any]:
        """The first column of a query."""
        with self.database.connect() as connection:
            return list(connection.execute(text(query), parameters).scalars())


def attempt_number(number: int, at: datetime = NOW) -> ActivityEnvironment:
    """Where attempt ``number`` at one activity runs."""
    environment = ActivityEnvironment()
    environment.info = dataclasses.replace(
        ActivityEnvironment.default_info(),
        workflow_run_id="run-1",
        activity_id="7",
        attempt=number,
        started_time=at,
    )
    return environment
