"""What other companies report: SendGrid of mails, Cal.com of bookings. Both repeat it until it is
taken."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.faults.campaign.mailbox import Mail
from tests.faults.campaign.scene import Player, taken
from tests.faults.campaign.visitors import BOUNCES, address, lead_number
from tests.support import sendgrid_events
from tests.support.calendar_reports import CALCOM_SECRET, calcom

HOSTS = ("hana", "jonas", "jiwoo", "marta")


def reports_on(address: str) -> bool:
    """Whether SendGrid reports on mails to this address: to each third lead. What became of the
    others stays unknown when the worker can't tell."""
    return lead_number(address) % 3 == 0


class SendGrid:
    """Reports on each mail once, a few at a time."""

    def __init__(self) -> None:
        self._told = 0

    def report(self, player: Player) -> None:
        """Say of the mails that came since the last time what became of them."""
        mails = player.scene.mailbox.mails[self._told :]
        self._told += len(mails)
        events: dict[str, dict[str, Any]] = {}
        book = player.scene.book
        for mail in mails:
            if reports_on(mail.address):
                events |= {one["sg_event_id"]: one for one in _events_of(mail, player)}
        if not events:
            return
        kept = [name for name, one in events.items() if one["event"] != "delivered"]
        delivered = [one["touch_key"] for one in events.values() if one["event"] == "delivered"]
        bounced = [one["email"] for one in events.values() if one["event"] == "bounce"]
        acts = [("event of SendGrid", one) for one in kept]
        acts += [("delivery", one) for one in delivered]
        acts += [("suppression", one) for one in bounced]
        for act in acts:
            book.ask(*act)
        body = json.dumps(list(events.values())).encode()
        player.insist(
            lambda: taken(
                player.browser.post(
                    sendgrid_events.PATH, content=body, headers=sendgrid_events.signed(body)
                )
            )
        )
        for act in acts:
            book.acknowledge(*act)


def _events_of(mail: Mail, player: Player) -> list[dict[str, Any]]:
    names = ["delivered"]
    if lead_number(mail.address) % 10 == BOUNCES and player.random.random() < 0.3:
        names = ["bounce"]
    elif player.random.random() < 0.5:
        names += ["open", "click"]
    return [
        sendgrid_events.event(
            name,
            sg_event_id=str(uuid.uuid4()),
            email=mail.address,
            timestamp=int(time.time()),
            touch_key=mail.touch_key,
            url="https://lindenmoor.example/checklist",
            type="bounce",
            status="5.1.1",
            reason="550 5.1.1 No such user here",
        )
        for name in names
    ]


class CalCom:
    """Bookings of leads, and of guests whom nobody knew before: made, moved and cancelled."""

    def __init__(self) -> None:
        self._booked: list[tuple[str, str]] = []
        """Who and which, as far as they may still be changed."""
        self._guests = 0

    def report(self, player: Player) -> None:
        """Report one booking."""
        chance = player.random.random()
        if self._booked and chance < 0.5:
            who, uid = self._booked.pop(player.random.randrange(len(self._booked)))
            if chance < 0.25:
                self._cancel(player, who, uid)
            else:
                self._set(player, who, "BOOKING_RESCHEDULED", uid)
        elif chance < 0.6:
            self._guests += 1
            who = f"guest-{self._guests}@faults.example"
            player.scene.book.ask("lead", who)
            if self._set(player, who, "BOOKING_CREATED", ""):
                player.scene.book.acknowledge("lead", who)
        elif player.scene.come:
            who = address(player.scene.anybody(player.random))
            self._set(player, who, "BOOKING_CREATED", "")

    def _set(self, player: Player, who: str, trigger: str, old: str) -> bool:
        uid, book = uuid.uuid4().hex, player.scene.book
        book.ask("booking at Cal.com", f"calcom:{uid}")
        book.ask("appointment", who)
        outcome = _tell(player, trigger, uid, who, rescheduleUid=old or None)
        if not outcome:
            return False
        book.acknowledge("booking at Cal.com", f"calcom:{uid}")
        if outcome == "booked":
            book.acknowledge("appointment", who)
        self._booked.append((who, uid))
        return True

    def _cancel(self, player: Player, who: str, uid: str) -> None:
        book = player.scene.book
        book.ask("cancellation at Cal.com", f"calcom:{uid}")
        book.ask("cancellation", who)
        outcome = _tell(player, "BOOKING_CANCELLED", uid, who)
        if outcome:
            book.acknowledge("cancellation at Cal.com", f"calcom:{uid}")
        if outcome == "cancelled":
            book.acknowledge("cancellation", who)


def _tell(player: Player, trigger: str, uid: str, who: str, **more: Any) -> str:
    """Report until it is taken or refused; the outcome, '' for a refusal."""
    # Seconds here are hours there.
    begins = datetime.now(UTC) + timedelta(seconds=player.random.uniform(25, 120))
    report = calcom(trigger, uid, begins, begins + timedelta(minutes=30), **more)
    host = player.random.choice((*HOSTS, "nobody"))
    report["createdAt"] = datetime.now(UTC).isoformat()
    report["payload"]["organizer"]["email"] = f"{host}@perennial.example"
    report["payload"]["attendees"][0] |= {"email": who, "timeZone": "UTC"}
    body = json.dumps(report).encode()
    signature = hmac.new(CALCOM_SECRET.encode(), body, hashlib.sha256).hexdigest()
    told: list[str] = []

    def send() -> bool:
        answer = player.browser.post(
            "/webhooks/calcom", content=body, headers={"X-Cal-Signature-256": signature}
        )
        told.append(answer.json()["outcome"] if answer.is_success else "")
        return answer.status_code == 409 or taken(answer)

    player.insist(send)
    return told[-1]
