"""The text of a mail to one lead: rendered the same when it is sent, previewed and tested."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from domain.email.merge_fields import OWNER_FIELDS, SENDER_FIELDS
from domain.email.rendering import CompiledTemplate, RenderedEmail, render
from domain.email.sender import RepCard, Sender
from settings import Settings


class Links(Protocol):
    """Where the links of a mail lead; ``key`` is that of its touch."""

    def click(self, key: str, url: str, /) -> str:
        """A link to ``url``."""

    def unsubscribe(self, key: str, /) -> str:
        """The page to unsubscribe."""

    def preferences(self, key: str, /) -> str:
        """The page to choose topics."""

    def booking(self, key: str, /) -> str:
        """The page to book a meeting."""

    def confirmation(self, key: str, /) -> str:
        """The page to confirm the address."""


def mail_text(
    template: CompiledTemplate,
    fields: Mapping[str, Any],
    settings: Settings,
    links: Links,
    *,
    key: str,
    sender: Sender,
) -> RenderedEmail:
    """Render one mail.

    Args:
        fields: the merge fields without sender and links: see ``mail.merge``; a postal address of
            '' is that of the settings.
        key: of the touch that its links name.
        sender: whom it is from. Where nobody owns the lead, the owner's fields are the sender's.

    Raises:
        RenderError: a field is missing, or the template does what it must not.
    """
    owner = fields.get("owner") or owner_fields(RepCard(sender.name, sender.email))
    booking = links.booking(key)
    if owner["booking_link"] and "meeting" not in fields:
        booking = links.click(key, owner["booking_link"])
    return render(
        template,
        {
            **fields,
            "sender": {name: getattr(sender, name) for name in SENDER_FIELDS},
            "owner": owner,
            "postal_address": fields.get("postal_address") or settings.email_postal_address,
            "links": {
                "unsubscribe": links.unsubscribe(key),
                "preferences": links.preferences(key),
                "booking": booking,
                "confirmation": links.confirmation(key),
                "meeting": fields["meeting"]["link"] if "meeting" in fields else "",
            },
            "link": lambda url: links.click(key, url),
        },
    )


def owner_fields(card: RepCard) -> dict[str, str]:
    """The fields of ``owner`` in a template."""
    return {name: getattr(card, name) for name in OWNER_FIELDS}
