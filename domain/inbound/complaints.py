"""Complaints that mail providers pass on: ARF (RFC 5965), and Microsoft's form (JMRP), which
attaches the mail to a letter."""

from __future__ import annotations

import re
from typing import Literal

from domain.inbound.addresses import addresses_in
from domain.inbound.mail import InboundMail

Complaint = Literal["complaint", "unsubscribe", "auto_reply"]

# Of those registered for Feedback-Type; others report on the setting-up of mail, or the contrary.
_TYPES: dict[str, Complaint] = {
    "abuse": "complaint",
    "fraud": "complaint",
    "other": "complaint",
    "virus": "complaint",
    "miscategorized": "complaint",
    "opt-out": "unsubscribe",
    "opt-out-list": "unsubscribe",
    "not-spam": "auto_reply",
    "auth-failure": "auto_reply",
    "dkim": "auto_reply",
}
_SUBJECT = re.compile(
    r"(?:email )?(?:complaint|abuse|spam)(?: complaint| report| feedback)? (?:about|report|from"
    r"|feedback"
    r"|notification|regarding)|complaint about (?:message|e-?mail)|feedback loop|fbl (?:report"
    r"|complaint)"
    r"|\[?jmrp\]?|spam (?:report|complaint)|abuse report",
    re.IGNORECASE,
)
_OF_MICROSOFT = ("x-hmxmroriginalrecipient", "x-hmxmroriginalrecipients", "x-ms-exchange-jmrp")


def complaint(mail: InboundMail) -> Complaint | None:
    """What a report of a mail provider means, None when the mail is none."""
    if mail.parts.feedback:
        return _TYPES.get(_field(mail.parts.feedback[0], "feedback-type").casefold(), "complaint")
    if not mail.parts.returned:
        return None
    if any(name in head for head in mail.returned_heads for name in _OF_MICROSOFT):
        return "complaint"
    return "complaint" if _SUBJECT.search(mail.subject) else None


def complainants(mail: InboundMail) -> list[str]:
    """The addresses that a report, or the mail that it returns, says that mail was for; providers
    may hide them."""
    told = [
        address
        for part in mail.parts.feedback
        for name in ("original-rcpt-to", "removal-recipient")
        for address in addresses_in(_field(part, name))
    ]
    for head in mail.returned_heads:
        for name in (*_OF_MICROSOFT, "to"):
            told += addresses_in(head.first(name))
    return list(dict.fromkeys(told))


def _field(report: str, name: str) -> str:
    found = re.search(rf"(?im)^{re.escape(name)}[ \t]*:[ \t]*(.*)$", report)
    return found[1].strip() if found else ""
