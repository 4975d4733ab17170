"""What a mail that came in is: a person's words, a program's, a refusal, a complaint, or unclear.

Structure is asked first (RFC 5546, 5965, 3464, 8098, 3834, List headers), then well-known forms,
then words. What is neither surely a person nor surely a program is ``unclear``: a person looks at
it, and until then it counts as nothing. Only a ``reply`` is interest, and what comes from nobody or
from a mail system never is one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal

from domain.engagement.bounces import BounceMeaning, bounce_meaning
from domain.inbound.addresses import is_program
from domain.inbound.complaints import complaint
from domain.inbound.dates import back_on, later_day
from domain.inbound.invitations import AttendeeAnswer, answer_in
from domain.inbound.mail import InboundMail
from domain.inbound.returned import Recipient, status_in
from domain.inbound.wording import (
    asks,
    asks_to_stop,
    away,
    calendar_answer,
    count_receipts,
    is_answer,
    is_automatic_subject,
    is_command,
)

Kind = Literal[
    "reply",
    "out_of_office",
    "auto_reply",
    "unsubscribe",
    "bounce",
    "complaint",
    "meeting_answer",
    "unclear",
]
Doubt = Literal[
    "",
    "no_sender",
    "mail_system",
    "no_words",
    "stop",
    "away",
    "receipt",
    "list",
    "invitation",
]
"""Why a mail is unclear: it names no sender; a mail server wrote something else than a refusal; it
says nothing; it may ask to stop; somebody may be away; a program may have confirmed it; a list may
have sent it; a calendar sent something else than an answer."""


@dataclass(frozen=True)
class MailVerdict:
    """What a mail is.

    Attributes:
        reported: a mail server or a mail provider says it of somebody else, its recipient.
        meaning: of a bounce, what it says of the address, or of us.
        status: of a bounce, RFC 3463 or RFC 5321; '' when none is told.
        doubt: of what is unclear, why.
        answer: to an invitation.
        away_until: of ``out_of_office``, and of what may be it, the day on which the sender is
            back.
        later: of a reply, the day at which its sender wants to hear from us again.
    """

    kind: Kind
    meaning: BounceMeaning | None = None
    reported: bool = False
    status: str = ""
    doubt: Doubt = ""
    answer: AttendeeAnswer | None = None
    away_until: date | None = None
    later: date | None = None


def classify(mail: InboundMail, received: date, back: Recipient | None) -> MailVerdict:
    """What the mail is.

    Args:
        received: the day on which it came (UTC).
        back: for whom it says that a mail came back.
    """
    return (
        _of_structure(mail)
        or _of_mail_system(mail, back)
        or _of_command(mail)
        or _of_program(mail, received)
        or _of_words(mail, received)
    )


def _of_structure(mail: InboundMail) -> MailVerdict | None:
    if answer := answer_in(mail.parts.calendars):
        return MailVerdict("meeting_answer", answer=answer)
    if kind := complaint(mail):
        return MailVerdict(kind, reported=kind != "auto_reply")
    content_type = mail.values.first("content-type").casefold()
    if mail.parts.read or "disposition-notification" in content_type:
        return MailVerdict("auto_reply")
    if "feedback-report" in content_type:
        return MailVerdict("complaint", reported=True)
    return None


def _of_mail_system(mail: InboundMail, back: Recipient | None) -> MailVerdict | None:
    """A mail server's: a refusal, or nothing that is known."""
    if back is not None:
        if back.fate != "failed":
            return MailVerdict("auto_reply")  # Delayed, delivered, relayed: nothing is lost.
        return _bounce(back.status, back.text or mail.parts.text)
    if "delivery-status" in mail.values.first("content-type").casefold():
        return _bounce(status_in(mail.parts.text), mail.parts.text)
    if not mail.from_mail_system:
        return None
    if _is_automatic(mail):
        return MailVerdict("auto_reply")
    return MailVerdict("unclear", doubt="mail_system")


def _bounce(status: str, words: str) -> MailVerdict:
    meaning = bounce_meaning(status, words)
    return MailVerdict("bounce", reported=True, meaning=meaning, status=status)


def _of_command(mail: InboundMail) -> MailVerdict | None:
    """Mail programs unsubscribe for people, in mails that say so themselves (RFC 2369)."""
    if is_command(mail.own, mail.subject):
        return _from_somebody(mail, MailVerdict("unsubscribe"))
    return None


def _of_program(mail: InboundMail, received: date) -> MailVerdict | None:
    said = calendar_answer(mail.subject)
    if said and (said != "accepted" or not mail.own):
        return MailVerdict("meeting_answer", answer=AttendeeAnswer("", said.upper()))
    automatic = _is_automatic(mail) or bool(mail.sender and is_program(mail.sender))
    titled = is_automatic_subject(mail.subject)
    gone = away(mail.own)
    if automatic:
        return _away(mail, received) if titled or gone.said else MailVerdict("auto_reply")
    if titled:
        if not gone.said and (gone.engaged or asks(mail.own)):
            return _perhaps_away(mail, received)
        return _away(mail, received)
    return None


def _of_words(mail: InboundMail, received: date) -> MailVerdict:
    stop = asks_to_stop(mail.own, mail.subject)
    if stop == "surely":
        return _from_somebody(mail, MailVerdict("unsubscribe"))
    gone = away(mail.own)
    if gone.only:
        return _away(mail, received)
    listed = _is_listed(mail)
    receipts = count_receipts(mail.own)
    questions = asks(mail.own)
    if receipts and (receipts > 1 or listed or _TICKET.search(mail.subject)) and not questions:
        return MailVerdict("auto_reply")
    if listed and not _answers(mail):
        newsletter = "list-unsubscribe" in mail.values and "list-post" not in mail.values
        return MailVerdict("auto_reply") if newsletter else MailVerdict("unclear", doubt="list")
    doubts: tuple[tuple[bool, Doubt], ...] = (
        (not mail.sender, "no_sender"),
        (stop == "perhaps", "stop"),
        (gone.said and not (gone.engaged and questions), "away"),
        (receipts > 0 and not questions, "receipt"),
        (mail.null_sender, "mail_system"),
        (not mail.own and bool(mail.parts.calendars), "invitation"),
        (not _says_something(mail), "no_words"),
    )
    doubt = next((why for holds, why in doubts if holds), None)
    if doubt == "away":
        return _perhaps_away(mail, received)
    if doubt:
        return MailVerdict("unclear", doubt=doubt)
    return MailVerdict("reply", later=later_day(mail.own, received))


def _away(mail: InboundMail, received: date) -> MailVerdict:
    return MailVerdict("out_of_office", away_until=_back_on(mail, received))


def _perhaps_away(mail: InboundMail, received: date) -> MailVerdict:
    return MailVerdict("unclear", doubt="away", away_until=_back_on(mail, received))


def _back_on(mail: InboundMail, received: date) -> date | None:
    return back_on(f"{mail.subject}\n{mail.own}", received)


def _from_somebody(mail: InboundMail, verdict: MailVerdict) -> MailVerdict:
    return verdict if mail.sender else MailVerdict("unclear", doubt="no_sender")


def _says_something(mail: InboundMail) -> bool:
    """Whether there are words; the subject's are its sender's unless it is that of an answer."""
    said = mail.own or ("" if is_answer(mail.subject) else mail.subject)
    return any(map(str.isalnum, said))


def _answers(mail: InboundMail) -> bool:
    return is_answer(mail.subject) or "in-reply-to" in mail.values


_TICKET = re.compile(r"\[[^\]]{0,20}\d+[^\]]{0,10}\]|#\s?\d{2,}|\b(?:ticket|case)\b", re.IGNORECASE)
_AUTOMATIC = (
    *("x-autoreply", "x-autorespond", "x-auto-respond", "x-autoresponder", "x-autogenerated"),
    *("x-auto-reply", "x-auto-reply-from", "x-autoreply-from", "x-mail-autoreply", "x-vacation"),
    *("x-fc-machinegenerated", "x-cron-env"),
)


def _is_automatic(mail: InboundMail) -> bool:
    """Whether the head says, for programs, that a program answers (RFC 3834 5)."""
    values = mail.values
    submitted = re.match(r"[\w-]*", values.first("auto-submitted").casefold())
    if submitted and submitted[0] not in ("", "no"):
        return True
    if values.first("precedence").casefold() in ("auto_reply", "auto-reply", "autoreply"):
        return True
    if "autoresponder" in values.first("x-post-messageclass").casefold():
        return True
    return any(
        values.first(name).casefold() not in ("", "no", "none", "false") for name in _AUTOMATIC
    )


def _is_listed(mail: InboundMail) -> bool:
    """Whether the head says that many get this mail. People who write through a group have such
    headers too: alone they mean nothing. ``X-Auto-Response-Suppress`` means less: it asks others
    not to answer by themselves, and many programs add it to what people write."""
    values = mail.values
    if values.first("precedence").casefold() in ("bulk", "junk", "list"):
        return True
    return any(name in values for name in ("list-id", "list-post", "list-unsubscribe"))
