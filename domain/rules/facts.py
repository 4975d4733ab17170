"""What conditions read: facts about a lead, its account, or something it did, and the functions
that read values as people and spreadsheets write them."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any, TypeVar

from babel import Locale

from domain.contacts.attributes import number_in, yes_in
from domain.contacts.dates import read_day
from domain.contracts.journey import Stage
from domain.names import is_free_mail
from domain.rules.cel_library import cel
from domain.rules.condition_budget import bounded
from domain.sentences import sentence

T = TypeVar("T")
_BEYOND_INTEGERS = 2**63

# It would log the values that a function of ours can't read.
logging.getLogger("cel").setLevel(logging.ERROR)


@dataclass(frozen=True, eq=False)
class FactSet:
    """What the conditions of one kind may read.

    ``example`` has every fact with its fields and values of the right kind; a field that holds
    an empty map takes any name, and holds text unless it is ``loose`` or ``items`` has its path
    with an example of what stands under a name. ``sample`` is a condition to show to who wrote a
    wrong one. ``values`` are the facts that can only be what is listed, each with a sentence that
    says so, ``dates`` the fields, and maps, whose text is a day (ISO 8601) or ''.
    """

    example: Mapping[str, Any]
    sample: str
    values: Mapping[str, tuple[tuple[Any, ...], str]] = field(default_factory=dict)
    loose: frozenset[str] = frozenset()
    dates: frozenset[str] = frozenset()
    items: Mapping[str, Any] = field(default_factory=dict)

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self.example)

    def fields(self, owner: str) -> frozenset[str]:
        """The fields of a fact, none for a plain value."""
        value = self.example[owner]
        return frozenset(value) if isinstance(value, Mapping) else frozenset()

    def open_field(self, owner: str) -> str:
        """The field of a fact that takes any name, '' for none."""
        fields = self.example[owner]
        return next((name for name in fields if fields[name] == {}), "")

    def paths(self) -> dict[str, Any]:
        """Every plain fact and every field, such as ``lead.country``, with its example."""
        found: dict[str, Any] = {}
        for name, value in self.example.items():
            if isinstance(value, Mapping):
                found |= {f"{name}.{inner}": one for inner, one in value.items()}
            else:
                found[name] = value
        return found


LEAD_FACTS: Mapping[str, Any] = {
    "first_name": "",
    "last_name": "",
    "title": "",
    "company": "",
    "country": "",
    "language": "",
    "source": "",
    "attributes": {},
    "stage": "",
    "email_domain": "",
    "has_free_mail": False,
    "has_phone": False,
    "has_opted_out": False,
}
"""The fields of a lead: text, save ``attributes``, a map of texts, and those that say whether."""

_NAMES = Locale("en")
COUNTRIES = ("", *(str(code) for code in _NAMES.territories if re.fullmatch("[A-Z]{2}", str(code))))
LANGUAGES = ("", *(str(code) for code in _NAMES.languages if re.fullmatch("[a-z]+", str(code))))
LEAD_VALUES: Mapping[str, tuple[tuple[Any, ...], str]] = {
    "lead.country": (COUNTRIES, "lead.country is a code of two capital letters, such as KR"),
    "lead.language": (LANGUAGES, "lead.language is a code in lower case, such as ko"),
    "lead.stage": (tuple(Stage), f"lead.stage is one of {', '.join(Stage)}"),
}
"""What fields of a lead can be."""

FACTS = FactSet(
    {
        "lead": LEAD_FACTS,
        "engagement": dict.fromkeys(("opens", "clicks", "replies", "forms", "pages", "events"), 0),
        "score": 0,
        "fit": "",
        "interest": 4,
        "cycle": 1,
        "reason": "",
    },
    sample='engagement.clicks > 0 && lead.country == "KR"',
    values={
        **LEAD_VALUES,
        "fit": (("A", "B", "C", "D"), sentence("fit is A, B, C or D")),
        "interest": ((1, 2, 3, 4), sentence("interest is 1 (most), 2, 3 or 4")),
    },
)
"""What the branches of a cadence read. ``score`` (points), ``interest`` (1 to 4) and ``cycle``
are whole numbers, ``fit`` is a letter, ``reason`` is the recycle reason or '', engagement counts
are whole numbers."""


def reach_facts(email: str, phone: str, *, opted_out: bool) -> dict[str, Any]:
    """How a lead can be reached, as conditions read it."""
    domain = email.rpartition("@")[2].casefold()
    return {
        "email_domain": domain,
        "has_free_mail": is_free_mail(domain),
        "has_phone": bool(phone),
        "has_opted_out": opted_out,
    }


SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)
"""From which days are counted where a condition is only tried."""


class UnreadableValue(Exception):
    """A function can't read a value."""


class Facts:
    """Facts made ready once for many conditions: making them ready is most of the cost of one.

    What CEL has no value for, such as a whole number beyond 64 bits, is made text. Of what is
    very large the beginning counts (``condition_budget.bounded``).

    Args:
        facts: as in a :class:`FactSet`.
        now: journey time, UTC, from which days are counted.
    """

    def __init__(self, facts: Mapping[str, Any], now: datetime) -> None:
        self._facts = bounded(facts)
        # The functions may not lead back to the context that holds them: it is no object that
        # Python's garbage collector sees through, so neither would ever be freed.
        self._reader = _Reader(self._facts, now.astimezone(UTC).date())
        functions = self._reader.functions()
        try:
            self._context = cel.Context(self._facts, functions)
        except ValueError:
            plain = {name: _plain(value) for name, value in self._facts.items()}
            self._context = cel.Context(plain, functions)

    @property
    def unread(self) -> str:
        """Why a function could not read a value in the last answer, '' if none failed; names what
        it is of, never the value."""
        return self._reader.unread

    def answer(self, program: cel.Program) -> Any:
        """What a program gives for these facts; raises what its evaluation raises."""
        self._reader.unread = ""
        return program.execute(self._context)

    def attributes(self, path: str) -> Mapping[str, Any]:
        """The map at a path such as ``lead.attributes``."""
        owner, _, name = path.partition(".")
        found: Mapping[str, Any] = self._facts.get(owner, {}).get(name, {})
        return found


class _Reader:
    """The functions that conditions call, and why one of them could not read a value."""

    def __init__(self, facts: Mapping[str, Any], today: date) -> None:
        self._facts = facts
        self._today = today
        self.unread = ""

    def functions(self) -> dict[str, Callable[[Any], Any]]:
        """By the names that conditions call them by."""
        return {
            "number": self._number,
            "yes": self._yes,
            "date": self._date,
            "daysSince": self._days_since,
            "daysUntil": self._days_until,
            "lower": self._lower,
        }

    def _date(self, value: Any) -> str:
        return self._day(value).isoformat()

    def _days_since(self, value: Any) -> int:
        return (self._today - self._day(value)).days

    def _days_until(self, value: Any) -> int:
        return (self._day(value) - self._today).days

    def _lower(self, value: Any) -> str:
        return self._text(value).lower()

    def _number(self, value: Any) -> float:
        if isinstance(value, int | float) and not isinstance(value, bool):
            return float(value)
        return self._read(number_in(self._text(value)), value, "is no number")

    def _yes(self, value: Any) -> bool:
        if isinstance(value, bool):
            return value
        return self._read(yes_in(self._text(value)), value, "says neither yes nor no")

    def _day(self, value: Any) -> date:
        if isinstance(value, int | float):
            value = str(int(value))
        return self._read(read_day(self._text(value)), value, "is no date, or could be two")

    def _text(self, value: Any) -> str:
        return value if isinstance(value, str) else self._read(None, value, "is no text")

    def _read(self, read: T | None, value: Any, problem: str) -> T:
        if read is None:
            name = next(_names_of(value, self._facts), "what stands in the brackets")
            self.unread = f"{name} {problem}"
            raise UnreadableValue
        return read


def _names_of(wanted: Any, facts: Mapping[str, Any], owner: str = "") -> Iterator[str]:
    """The facts that have a value."""
    for name, value in facts.items():
        path = f"{owner}.{name}" if owner else str(name)
        if isinstance(value, Mapping):
            yield from _names_of(wanted, value, path)
        elif value == wanted and type(value) is type(wanted):
            yield path


def prepared(facts: Mapping[str, Any], now: datetime) -> Facts:
    """Facts ready for many conditions; ``now`` is journey time, UTC."""
    return Facts(facts, now)


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {_plain(str(key)): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if value is None or isinstance(value, bool | float):
        return value
    if isinstance(value, int) and abs(value) < _BEYOND_INTEGERS:
        return value
    # A lone surrogate has no UTF-8.
    return str(value).encode(errors="replace").decode()
