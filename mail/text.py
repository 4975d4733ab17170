"""The text of a mail to one lead: rendered the same when it is sent, previewed and tested."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from domain.email.rendering import CompiledTemplate, RenderedEmail, render
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
    key: str,
) -> RenderedEmail:
    """Render one mail.

    Args:
        fields: the merge fields without sender and links: see ``mail.merge``.
        key: of the touch that its links name.

    Raises:
        RenderError: a field is missing, or the template does what it must not.
    """
    sender = {"name": settings.email_from_name, "email": settings.email_from, "title": ""}
    return render(
        template,
        {
            **fields,
            "sender": sender,
            "rep": fields.get("rep") or sender,
            "postal_address": settings.email_postal_address,
            "links": {
                "unsubscribe": links.unsubscribe(key),
                "preferences": links.preferences(key),
                "booking": links.booking(key),
                "confirmation": links.confirmation(key),
            },
            "link": lambda url: links.click(key, url),
        },
    )
