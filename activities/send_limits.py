"""The limits that marketing's mail waits for, and senders that are stopped."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Engine

from domain.sending.guard import SenderState, ladder_after
from domain.sending.limits import Cap, caps_of
from domain.sending.policy import DEFAULT, SendingPolicy, domain_of
from settings import Settings
from store.mail.send_limits import take_place, wait_for
from store.mail.sender_standing import STOPPED_CODE, DomainStanding, standings
from store.published.policies import policy_or

KEPT_SECONDS = 1.0
"""How old the rules may be that a process goes by: nearly every touch asks for them."""
LOOK_AGAIN = timedelta(hours=6)
"""When the mail of a stopped sender asks again. Whoever lets the sender go on tells it at once."""


@dataclass(frozen=True)
class SendRules:
    """What holds: the policy, and how each sending domain stands."""

    policy: SendingPolicy
    standings: Mapping[str, DomainStanding]

    def state(self, sender: str) -> SenderState:
        """How the domain of an address stands."""
        known = self.standings.get(domain_of(sender))
        return known.state if known else SenderState.GOOD


@dataclass(frozen=True)
class Held:
    """Why a mail does not go now, and until when (journey time, UTC)."""

    until: datetime
    stopped: bool


class SendLimits:
    """Holds limits over all workers, in the database."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self._engine = engine
        self._zone = ZoneInfo(settings.company_time_zone)
        self._lock = threading.Lock()
        self._rules: SendRules | None = None
        self._read_at = 0.0

    def rules(self) -> SendRules:
        """What holds; a second old at most."""
        with self._lock:
            if self._rules is not None and time.monotonic() - self._read_at <= KEPT_SECONDS:
                return self._rules
        return self._read()

    def _read(self) -> SendRules:
        with self._engine.connect() as connection:
            known = {one.domain: one for one in standings(connection)}
            rules = SendRules(policy_or(connection, DEFAULT), known)
        with self._lock:
            self._rules, self._read_at = rules, time.monotonic()
        return rules

    def hold(
        self, key: str, claim: str, *, sender: str, recipient: str, now: datetime, waited: bool
    ) -> Held | None:
        """Take a place for the touch ``key``, which ``claim`` holds; None when it may go. Else it
        is planned again.

        Args:
            sender, recipient: addresses.
            waited: whether it was put off before: then it goes before those who come anew.
        """
        rules = self.rules()
        if self._caps(rules, sender, recipient) or rules.state(sender) is SenderState.STOPPED:
            # A mail that may have to wait goes by what holds now, as those that were woken must.
            rules = self._read()
        if rules.state(sender) is SenderState.STOPPED:
            with self._engine.begin() as connection:
                code = f"{STOPPED_CODE} {domain_of(sender)}"
                wait_for(connection, key, claim=claim, code=code)
            return Held(now + LOOK_AGAIN, stopped=True)
        caps = self._caps(rules, sender, recipient)
        if not caps:
            return None
        with self._engine.begin() as connection:
            answer = take_place(connection, caps, now, self._zone, waited=waited)
            if answer.cap is None or answer.until is None:
                return None
            wait_for(connection, key, claim=claim, code=answer.cap.code)
        return Held(answer.until, stopped=False)

    def _caps(self, rules: SendRules, sender: str, recipient: str) -> list[Cap]:
        known = rules.standings.get(domain_of(sender))
        resumed = known.resumed_at if known else None
        return caps_of(
            rules.policy,
            sender=sender,
            recipient=recipient,
            slowed_to=known.per_day if known and known.state is SenderState.SLOWED else None,
            starting=ladder_after(
                resumed.astimezone(self._zone).date() if resumed else None,
                known.usual if known else 0,
            ),
        )
