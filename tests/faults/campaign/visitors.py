"""Leads: they come, look around, ask, open and click, book, answer and leave."""

from __future__ import annotations

import re
import uuid
from typing import Any

from tests.faults.campaign.mailbox import Mail
from tests.faults.campaign.scene import Player, taken
from tests.support.deployment import message

LEAVES, SUPPRESSED, BOUNCES, ANSWERS = 3, 5, 7, 9
"""Last digits of the leads that unsubscribe, to whom the admin stops mail, whose mail comes back,
and who reply. Only leads of even number ask."""
INBOUND_PASSWORD = "a password for what comes in"
_SLOT = re.compile(r'name="starts_at" value="([^"]+)"')


def address(number: int) -> str:
    """The address of a lead."""
    return f"user-{number}@faults.example"


def lead_number(address: str) -> int:
    """The number of the lead with this address, 0 for a guest."""
    found = re.match(r"user-(\d+)@", address)
    return int(found[1]) if found else 0


def visit(player: Player) -> None:
    """Leads come over the first four fifths; those there look around, and some ask."""
    scene = player.scene
    if scene.come < scene.plan.leads * scene.share_played() / 0.8:
        traits = {"email": address(scene.come)}
        scene.book.ask("lead", address(scene.come))
        _send(player, "", [message("identify", scene.come, traits=traits)])
        scene.book.acknowledge("lead", address(scene.come))
        scene.come += 1
    if not scene.come:
        return
    number = scene.anybody(player.random)
    _send(player, "event", [message("page", number, name="Home")])
    asks = number % 2 == 0 and not scene.book.acknowledged["crossing"][address(number)]
    if asks and player.random.random() < 0.5:
        _send(player, "event", [message("track", number, event="Asked")])
        scene.book.ask("crossing", address(number))
        scene.book.acknowledge("crossing", address(number))


def _send(player: Player, kind: str, batch: list[dict[str, Any]]) -> None:
    book = player.scene.book
    for one in batch if kind else ():
        book.ask(kind, one["messageId"])
    player.insist(lambda: player.scene.here.send_once(batch))
    for one in batch if kind else ():
        book.acknowledge(kind, one["messageId"])


def read_mail(player: Player) -> None:
    """Open a mail, follow a link in it, or ask for no more."""
    mail = player.scene.mailbox.any_recent(player.random)
    if mail is None:
        return
    link = player.random.choice(mail.links)
    if link.path in player.scene.followed:
        return
    player.scene.followed.add(link.path)
    key = link.claim.touch_key
    match link.claim.kind:
        case "opened":
            kind, subject, method = "open", key, "GET"
        case "click":
            kind, subject, method = "click", f"{key} {link.claim.url}", "GET"
        case "unsubscribe" if lead_number(mail.address) % 10 == LEAVES:
            kind, subject, method = "suppression", mail.address, "POST"
        case _:
            return
    player.scene.book.ask(kind, subject)
    answer = player.browser.request(method, link.path, follow_redirects=False)
    if answer.status_code in (200, 302):
        player.scene.book.acknowledge(kind, subject)


def book(player: Player) -> None:
    """Choose a time on the booking page of a mail, or cancel there."""
    mail = player.scene.mailbox.any_recent(player.random)
    links = [one for one in mail.links if one.claim.kind == "booking"] if mail else []
    if mail is None or not links:
        return
    page = player.browser.get(links[0].path)
    cancels = 'value="cancel"' in page.text and player.random.random() < 0.4
    slots = _SLOT.findall(page.text)
    if page.status_code != 200 or not (cancels or slots):
        return
    kind = "cancellation" if cancels else "appointment"
    form = {"action": "cancel"} if cancels else {"starts_at": player.random.choice(slots)}
    player.scene.book.ask(kind, mail.address)
    answer = player.browser.post(links[0].path, data=form)
    if answer.status_code == 200:
        player.scene.book.acknowledge(kind, mail.address)


def reply(player: Player) -> None:
    """Answer a mail; it comes in through SendGrid, which posts it until it is taken."""
    mail = player.scene.mailbox.any_recent(player.random)
    if mail is None or lead_number(mail.address) % 10 != ANSWERS:
        return
    message_id = f"{uuid.uuid4()}@faults.example"
    fields = _inbound(mail, message_id)
    player.scene.book.ask("reply", message_id)
    player.insist(
        lambda: taken(
            player.browser.post(
                "/webhooks/sendgrid/inbound", files=fields, auth=("sendgrid", INBOUND_PASSWORD)
            )
        )
    )
    player.scene.book.acknowledge("reply", message_id)


def _inbound(mail: Mail, message_id: str) -> dict[str, tuple[None, str]]:
    headers = (
        f"Message-ID: <{message_id}>\nIn-Reply-To: <{mail.message_id}>\n"
        f"From: <{mail.address}>\nSubject: Re: Hello\n"
    )
    fields = {
        "headers": headers,
        "from": mail.address,
        "subject": "Re: Hello",
        "text": "Yes, please.",
        "charsets": '{"text":"UTF-8","subject":"UTF-8","from":"UTF-8"}',
    }
    return {name: (None, value) for name, value in fields.items()}
