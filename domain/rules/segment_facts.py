"""What the conditions of segments read: everything that is known of a lead now."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from domain.contracts.journey import ENDED, Phase
from domain.rules.condition_check import TEXT_LITERAL, dotted
from domain.rules.facts import LEAD_FACTS, LEAD_VALUES, FactSet
from domain.sentences import sentence

ACTIVITIES: Mapping[str, str] = {
    "opens": "open",
    "clicks": "click",
    "replies": "reply",
    "forms": "form",
    "bookings": "booking",
    "pages": "page",
    "events": "track",
}
"""Fields of ``engagement`` that count → kinds of engagement."""
LAST: Mapping[str, str] = {
    "last_open": "open",
    "last_click": "click",
    "last_reply": "reply",
    "last_form": "form",
    "last_booking": "booking",
    "last_page": "page",
    "last_event": "track",
}
"""Fields of ``engagement`` that say on which day it was last → kinds of engagement."""
WINDOWS = (7, 30, 90)
"""Days over which activities are counted too, as in ``engagement.clicks_30_days``."""
NAMED: Mapping[str, str] = {
    "visits": "page",
    "visits_30_days": "page",
    "last_visit": "page",
    "tracked": "track",
    "tracked_30_days": "track",
    "last_tracked": "track",
}
"""Maps of ``engagement`` → kinds of engagement: pages by path, events by name."""
SUPPRESSIONS = ("", "unsubscribed", "bounced", "soft_bounced", "complained", "manual")

_COUNTS = [*ACTIVITIES, *(f"{what}_{days}_days" for what in ACTIVITIES for days in WINDOWS)]

SEGMENT_FACTS = FactSet(
    {
        "lead": {**LEAD_FACTS, "owner": "", "created": "", "phase": "", "phase_since": ""},
        "account": {"name": "", "domain": "", "do_not_market": False, "attributes": {}},
        "engagement": {
            **dict.fromkeys(_COUNTS, 0),
            **dict.fromkeys(LAST, ""),
            **{name: {} for name in NAMED},
        },
        "score": 0,
        "fit": "",
        "interest": 4,
        "cycle": 1,
        "reason": "",
        "consent": {"suppressed": "", "confirmed": False, "refuses": {}},
        "opportunity": {
            **dict.fromkeys(("open", "won", "lost", "open_at_account"), 0),
            **dict.fromkeys(("stage", "last_won", "last_lost"), ""),
        },
    },
    sample='engagement.clicks_30_days >= 2 && lead.country == "KR"',
    values={
        **LEAD_VALUES,
        "lead.phase": (
            ("", *Phase, ENDED),
            sentence("{field} is one of {values}, or ''", field="lead.phase", values=[*Phase]),
        ),
        "fit": (("A", "B", "C", "D"), sentence("fit is A, B, C or D")),
        "interest": ((1, 2, 3, 4), sentence("interest is 1 (most), 2, 3 or 4")),
        "consent.suppressed": (
            SUPPRESSIONS,
            sentence(
                "{field} is one of {values}, or ''",
                field="consent.suppressed",
                values=SUPPRESSIONS[1:],
            ),
        ),
    },
    dates=frozenset(
        {"lead.created", "lead.phase_since", "opportunity.last_won", "opportunity.last_lost"}
        | {f"engagement.{name}" for name in (*LAST, *NAMED) if name.startswith("last_")}
    ),
    items={
        **{f"engagement.{name}": "" if name.startswith("last_") else 0 for name in NAMED},
        "consent.refuses": False,
    },
)
"""Days are text such as ``2027-06-30`` (UTC), '' for never; ``daysSince`` counts from them.
``engagement.visits["/pricing"]`` counts visits of a page by its path, ``tracked`` events by their
name; ``reason`` is why a recycled lead rests; ``opportunity`` counts those of the lead, and
``open_at_account`` those of its whole account; ``consent.refuses["product"]`` is whether the lead
wants no mail about a topic."""

MAPS = frozenset(
    f"{owner}.{name}"
    for owner, fields in SEGMENT_FACTS.example.items()
    if isinstance(fields, Mapping)
    for name, example in fields.items()
    if example == {}
)
"""The facts that are maps."""
BY_KEY = MAPS - {"lead.attributes", "account.attributes"}
"""Those of which one item is asked for, by a key that is written out: 0, '' or false when there is
none."""

_PLAIN = sorted(
    (name for name, example in SEGMENT_FACTS.example.items() if not isinstance(example, Mapping)),
    key=len,
)
_USED = re.compile(
    rf"(?<![\w.])(?:(?P<path>(?:{'|'.join(SEGMENT_FACTS.names - set(_PLAIN))})\s*\.\s*\w+)"
    rf"(?:\s*\.\s*(?P<field>[A-Za-z_]\w*)\b(?!\s*\()|\[\s*(?P<key>{TEXT_LITERAL.pattern})\s*\])?"
    rf"|(?P<plain>{'|'.join(_PLAIN)})\b)"
)
_OWNER = re.compile(
    rf"(?<![\w.])(?P<name>{'|'.join(SEGMENT_FACTS.names - set(_PLAIN))})\b(?!\s*\.\s*\w)"
)
_BY_TIME = re.compile(r"\b(?:daysSince|daysUntil)\s*\(")


@dataclass(frozen=True, order=True)
class FactRead:
    """A fact that a condition reads; ``key`` is the item of a map, '' for the whole of one."""

    path: str
    key: str = ""

    @property
    def is_whole_map(self) -> bool:
        """Whether all of a map is read."""
        return self.path in MAPS and not self.key


@functools.lru_cache(maxsize=4096)
def facts_read(source: str) -> frozenset[FactRead]:
    """The facts that a condition over :data:`SEGMENT_FACTS` reads. What only looks like one in a
    text counts too."""
    return frozenset(_reads(source))


def read_whole(source: str) -> str:
    """What a condition reads without saying which field, such as ``lead`` in ``(lead).title``, of
    which :func:`facts_read` tells nothing; '' for nothing."""
    code = re.sub(r"//[^\n]*", "", TEXT_LITERAL.sub('""', dotted(source)))
    found = _OWNER.search(code)
    return found["name"] if found else ""


def _reads(source: str) -> Iterator[FactRead]:
    for found in _USED.finditer(dotted(source)):
        if found["plain"]:
            yield FactRead(found["plain"])
            continue
        path = re.sub(r"\s", "", found["path"])
        if path in MAPS:
            yield FactRead(path, found["field"] or ast.literal_eval(found["key"] or "''"))
        else:
            yield FactRead(path)


def asks_about(source: str) -> frozenset[str]:
    """The kinds of change after which a condition is judged again: lead, account, stage, score,
    consent, opportunity, and ``engagement:<kind>``."""
    return frozenset(_kind(read.path) for read in facts_read(source))


def _kind(path: str) -> str:
    owner, _, name = path.partition(".")
    if path in ("lead.stage", "lead.phase", "lead.phase_since", "cycle", "reason"):
        return "stage"
    if path in ("score", "fit", "interest"):
        return "score"
    if owner == "consent" or path == "lead.has_opted_out":
        return "consent"
    if owner == "account" or path == "lead.company":
        return "account"
    if owner == "engagement":
        return f"engagement:{kind_of_activity(name)}"
    return owner


def kind_of_activity(name: str) -> str:
    """The kind of engagement that a field of ``engagement`` is about."""
    return {**LAST, **NAMED}.get(name) or ACTIVITIES[re.sub(r"_\d+_days$", "", name)]


def changes_with_time(source: str) -> bool:
    """Whether a condition may be answered otherwise later though nothing happens: interest fades,
    days go by, a do-not-market ends, and old events are forgotten."""
    by_time = {"score", "interest", "account.do_not_market"}
    return _BY_TIME.search(source) is not None or any(
        read.path in by_time or read.path.startswith("engagement.") for read in facts_read(source)
    )


def facts_from(values: Mapping[FactRead, Any]) -> dict[str, Any]:
    """The facts of a lead from the values of those that are read; an attribute that is None is
    not there."""
    facts: dict[str, Any] = {}
    for read, value in values.items():
        owner, _, name = read.path.partition(".")
        if not name:
            facts[owner] = value
        elif read.path not in MAPS:
            facts.setdefault(owner, {})[name] = value
        else:
            items = facts.setdefault(owner, {}).setdefault(name, {})
            if read.is_whole_map:
                items |= value
            elif value is not None:
                items[read.key] = value
    return facts
