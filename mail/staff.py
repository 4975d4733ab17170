"""Mail to colleagues: no lead's, so in no ledger, under no cap and counted by nobody."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

from markupsafe import Markup

from mail.channels.base import Channel, EmailMessage
from settings import Settings

_BODY = "margin:0;background:#f6f6f3;color:#1d2320;font:15px/1.5 system-ui,sans-serif"
_CARD = (
    "max-width:30rem;margin:2rem auto;padding:1.75rem 2rem;background:#fff;"
    "border:1px solid #dcdfd8;border-radius:8px"
)
_BUTTON = (
    "display:inline-block;padding:.7rem 1.2rem;background:#2c6e49;color:#fff;"
    "text-decoration:none;border-radius:5px"
)


@dataclass(frozen=True)
class StaffMail:
    """What a colleague is written, in the colleague's language: paragraphs, a button, and in small
    print what else there is to say. ``about`` tells such mails apart where they are kept."""

    about: str
    name: str
    email: str
    language: str
    subject: str
    said: Sequence[str]
    button: str
    url: str
    small: Sequence[str] = ()


def key_of(about: str, number: str) -> str:
    """What a channel knows such a mail by."""
    return f"{about}:{number}"


def send_to_colleague(channel: Channel, settings: Settings, mail: StaffMail, number: str) -> None:
    """Hand one over to the provider.

    Args:
        number: of this mail and no other.

    Raises:
        mail.channels.base.ChannelError: it was not taken, or nobody knows.
    """
    channel.send(
        EmailMessage(
            touch_key=key_of(mail.about, number),
            message_id=f"{number}@{settings.email_from.rpartition('@')[2]}",
            sender_name="Perennial",
            sender_email=settings.email_from,
            recipient_name=mail.name,
            recipient_email=mail.email,
            subject=mail.subject,
            text=_text(mail),
            html=_html(mail),
            # No absence note comes back for it (RFC 3834).
            headers={"Auto-Submitted": "auto-generated"},
        )
    )


def _text(mail: StaffMail) -> str:
    return "\n\n".join([*mail.said, f"{mail.button}:\n{mail.url}", *mail.small]) + "\n"


def _html(mail: StaffMail) -> str:
    paragraphs = Markup().join(Markup("<p>{}</p>").format(one) for one in mail.said)
    small = Markup().join(
        Markup('<p style="color:#66706a;font-size:13px">{}</p>').format(one) for one in mail.small
    )
    return Markup(
        '<!doctype html><html lang="{}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        '<meta name="color-scheme" content="light"><title>{}</title></head>'
        '<body style="{}"><div style="{}"><p style="color:#66706a;font-weight:600">Perennial · {}'
        '</p>{}<p style="margin:1.5rem 0"><a href="{}" style="{}">{}</a></p>{}</div></body></html>'
    ).format(
        mail.language,
        mail.subject,
        _BODY,
        _CARD,
        urlsplit(mail.url).netloc,
        paragraphs,
        mail.url,
        _BUTTON,
        mail.button,
        small,
    )
