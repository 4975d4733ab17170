"""What imports are told in: their states, the fields of leads, and why rows are rejected."""

from __future__ import annotations

from domain.contacts.dates import Order
from domain.lead_files.columns import ASK, KEPT, LEFT_OUT
from domain.lead_files.lead_file import TOO_MANY, UNCLOSED
from domain.lead_files.row import (
    BAD_EMAIL,
    CONSENT_NOT_SAID,
    NO_EMAIL,
    NOT_YES_OR_NO,
    TOO_LONG,
)
from web.console.parts import Tone
from web.console.words import N_, _, ngettext

STATES: dict[str, tuple[str, Tone]] = {
    "ready": (N_("Not started"), "plain"),
    "running": (N_("Running"), "warn"),
    "done": (N_("Done"), "good"),
    "failed": (N_("Failed"), "bad"),
    "interrupted": (N_("Interrupted"), "bad"),
}
FIELDS = {
    "": N_("Keep as an attribute"),
    LEFT_OUT: N_("Leave out"),
    "email": N_("E-mail address"),
    "first_name": N_("First name"),
    "last_name": N_("Last name"),
    "full_name": N_("Full name"),
    "title": N_("Job title"),
    "company": N_("Company"),
    "phone": N_("Phone"),
    "country": N_("Country"),
    "language": N_("Language"),
    "time_zone": N_("Time zone"),
    "source": N_("Source"),
    "unsubscribed": N_("Unsubscribed (gets no mail)"),
    "consent": N_("Consent (without it no mail)"),
}
ASKED_FIELDS = {
    ASK: N_("Choose: does it say who wants no mail?"),
    KEPT: N_("Keep as an attribute: it says nothing of mail"),
    **{name: said for name, said in FIELDS.items() if name},
}
"""Of a column that may say who wants no mail."""
DATES: dict[Order | str, str] = {
    "": N_("As the file shows it"),
    "dmy": N_("Day, month, year"),
    "mdy": N_("Month, day, year"),
    "ymd": N_("Year, month, day"),
}
NOT_UNDERSTOOD = {
    "country": N_("Country"),
    "language": N_("Language"),
    "time_zone": N_("Time zone"),
    "phone": N_("Phone"),
    "date": N_("Date"),
    "amount": N_("Amount"),
    "expected_close": N_("Expected close"),
    "no_time_zone": N_("No time zone is known"),
    "no_email": N_("Known by phone only: no cadence begins; have them called"),
}
ENCODINGS = {
    "": N_("Recognised"),
    "utf-8": "UTF-8",
    "utf-16": "UTF-16",
    "cp949": N_("Korean (cp949)"),
    "gb18030": N_("Chinese (gb18030)"),
    "cp1252": N_("Western European (cp1252)"),
    "cp1250": N_("Central European (cp1250)"),
    "cp1254": N_("Turkish (cp1254)"),
    "cp1257": N_("Baltic (cp1257)"),
    "cp1251": N_("Cyrillic (cp1251)"),
}
_REASONS = {
    NO_EMAIL: N_("No e-mail address, and no name with a phone"),
    BAD_EMAIL: N_("Not a valid e-mail address"),
    TOO_LONG: N_("A value is too long"),
    NOT_YES_OR_NO: N_("Not clear whether they unsubscribed"),
    CONSENT_NOT_SAID: N_("Not said whether they want mail"),
    TOO_MANY: N_("More values than columns"),
    UNCLOSED: N_("A quotation mark is never closed"),
}


def reason(kind: str) -> str:
    """Why rows were rejected, short."""
    return _(_REASONS[kind]) if kind in _REASONS else kind


def for_sales(ready: int, hours: int) -> str:
    """How many leads of an import go to sales by what is known of them, and when."""
    leads = ngettext("1 lead is ready for sales", "{number} leads are ready for sales", ready)
    within = ngettext(
        "sales gets the last within 1 hour", "sales gets the last within {number} hours", hours
    )
    return _("{leads}; {within}.", leads=leads, within=within)
