"""What a row of a CRM's file says beside the lead: which campaigns brought it, and what its
opportunity is worth."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from domain.contacts.dates import read_day
from domain.engagement.campaigns import PARAMETERS, campaign_said
from domain.lead_files.headings import HINTS, Hint
from domain.money import checked_amount, currency_beside, currency_code, read_amount
from domain.refusals import Invalid

TOLD_BESIDE: frozenset[Hint] = frozenset(HINTS) - {"state", "city", "domain"}
"""The hints that this is made of."""


_FIRST: Mapping[str, Hint] = {
    "source": "first_source",
    "medium": "first_medium",
    "campaign": "first_campaign",
    "content": "first_content",
    "term": "first_term",
    "at": "first_at",
}
_LAST: Mapping[str, Hint] = {
    "source": "last_source",
    "medium": "last_medium",
    "campaign": "last_campaign",
    "content": "last_content",
    "term": "last_term",
    "at": "last_at",
}
_WHICH = (_FIRST, _LAST)


def read_beside(said: Mapping[Hint, str], currency: str) -> tuple[dict[str, Any], Counter[str]]:
    """What hints of :data:`TOLD_BESIDE` say, as JSON: ``touches`` (UTM parameters, ``at`` as ISO
    8601 or '', whether it is the ``first``) and ``terms`` (``amount``, ``currency``, ``close``);
    and how many of them are not understood, by name. ``currency`` is that of amounts that name
    none."""
    unread: Counter[str] = Counter()
    touches = [_touch(said, which) for which in _WHICH]
    found: dict[str, Any] = {"touches": known} if (known := [one for one in touches if one]) else {}
    terms = _terms(said, currency, unread)
    return (found | {"terms": terms} if terms else found), unread


def _touch(said: Mapping[Hint, str], which: Mapping[str, Hint]) -> dict[str, Any]:
    link = campaign_said({name: said.get(which[name], "") for name in PARAMETERS})
    if link is None:
        return {}
    first = which is _FIRST
    return {**link._asdict(), "at": _moment(said.get(which["at"], "")), "first": first}


def _terms(said: Mapping[Hint, str], own: str, unread: Counter[str]) -> dict[str, str]:
    terms = {}
    if written := said.get("amount", ""):
        named = said.get("currency", "")
        code = currency_code(named) if named else currency_beside(written)
        amount = read_amount(written, code or own) if code or not named else None
        try:
            if amount is not None:
                amount = checked_amount(amount, code or own)
        except Invalid:
            amount = None
        if amount is None:
            unread["amount"] += 1
        else:
            terms["amount"] = str(amount)
            terms |= {"currency": code} if code else {}
    if written := said.get("expected_close", ""):
        day = read_day(written)
        if day is None:
            unread["expected_close"] += 1
        else:
            terms["close"] = day.isoformat()
    return terms


def _moment(written: str) -> str:
    """ISO 8601 with its zone; a day is its midnight in UTC; '' for what is neither."""
    try:
        at = datetime.fromisoformat(written)
    except ValueError:
        day = read_day(written)
        return f"{day}T00:00:00+00:00" if day else ""
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).isoformat()
