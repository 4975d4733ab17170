"""How a person is called and written to, with one tap or key."""

from __future__ import annotations

from markupsafe import Markup


def reach_by(phone: str, email: str, dial: str = "", *, tab: bool = False) -> Markup:
    """Links that call (key c) and write (key m); what is not known is left out. ``dial`` is the
    address that opens a softphone in place of ``tel:``, with ``tab`` in a tab of its own."""
    out = Markup(' target="_blank" rel="noopener"') if tab else ""
    call = dial or f"tel:{_compact(phone)}"
    return _by(call, phone, "call", "c", Markup(" data-dial{}").format(out)) + _by(
        f"mailto:{_compact(email)}", email, "mail", "m"
    )


def _by(to: str, address: str, icon: str, key: str, marks: Markup | str = "") -> Markup:
    if not address:
        return Markup()
    return Markup(
        '<a class="reach-by" href="{}"{} data-key="{}" aria-keyshortcuts="{}">'
        '<i class="material-icons" aria-hidden="true">{}</i>{}<kbd>{}</kbd></a>'
    ).format(to, marks, key, key, icon, address, key)


def _compact(address: str) -> str:
    return address.replace(" ", "")
