"""How a person is called and written to, with one tap or key."""

from __future__ import annotations

from markupsafe import Markup


def reach_by(phone: str, email: str) -> Markup:
    """Links that call (key c) and write (key m); what is not known is left out."""
    return _by("tel:", phone, "call", "c") + _by("mailto:", email, "mail", "m")


def _by(scheme: str, address: str, icon: str, key: str) -> Markup:
    if not address:
        return Markup()
    return Markup(
        '<a class="reach-by" href="{}{}" data-key="{}" aria-keyshortcuts="{}">'
        '<i class="material-icons" aria-hidden="true">{}</i>{}<kbd>{}</kbd></a>'
    ).format(scheme, address.replace(" ", ""), key, key, icon, address, key)
