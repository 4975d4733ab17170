"""The mail server of the campaign's leads."""

from __future__ import annotations

import email
import email.policy
import re
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from email.utils import parseaddr
from random import Random

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from domain.email.links import LinkClaim, LinkSigner

_LINK = re.compile(r"https?://127\.0\.0\.1:\d+(/[lub]/([\w.-]*[\w-]))")
_PIXEL = re.compile(r"https?://127\.0\.0\.1:\d+(/o/([\w.-]+?)\.gif)")
RECENT = 60
"""How many of the latest mails people look at."""


@dataclass(frozen=True)
class Link:
    """Where a link of a mail leads on the web app, and what it is."""

    path: str
    claim: LinkClaim


@dataclass(frozen=True)
class Mail:
    """A mail as its reader sees it."""

    message_id: str
    address: str
    links: Sequence[Link]

    @property
    def touch_key(self) -> str:
        """The touch it belongs to."""
        return self.links[0].claim.touch_key


class Mailbox:
    """An SMTP server; all that it has accepted."""

    def __init__(self, port: int, signer: LinkSigner) -> None:
        self.accepted: dict[str, list[float]] = defaultdict(list)
        """Message-ID → when it was accepted, in ``time.time()``."""
        self.mails: list[Mail] = []
        self._signer = signer
        self._server = Controller(self, hostname="127.0.0.1", port=port, ready_timeout=30)

    def start(self) -> None:
        """Begin to accept."""
        self._server.start()

    def stop(self) -> None:
        """Accept no more."""
        self._server.stop()

    def any_recent(self, random: Random) -> Mail | None:
        """One of the latest mails; None before the first."""
        recent = self.mails[-RECENT:]
        return random.choice(recent) if recent else None

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        """Keep a mail. The name is aiosmtpd's."""
        assert isinstance(envelope.content, bytes)
        if not envelope.rcpt_tos[0].endswith("@faults.example"):
            # A rep's copy of an invitation is no touch: a second one has the same UID and SEQUENCE.
            return "250 kept"
        mail = email.message_from_bytes(envelope.content, policy=email.policy.default)
        text, html = (mail.get_body((kind,)) for kind in ("plain", "html"))
        found = _LINK.findall(text.get_content() if text else "")
        found += _PIXEL.findall(html.get_content() if html else "")
        links = [Link(path, self._signer.read(token)) for path, token in found]
        message_id = str(mail["Message-ID"]).strip("<>")
        self.accepted[message_id].append(time.time())
        if links:
            self.mails.append(Mail(message_id, parseaddr(str(mail["To"]))[1], links))
        return "250 kept"
