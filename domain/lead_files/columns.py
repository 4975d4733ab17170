"""Which column of a file is which field of a lead.

What is not recognised becomes an attribute, unless it may say who wants no mail: then a person is
asked.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from domain.contacts.attributes import attribute_key
from domain.contacts.consent_headings import consent_sense
from domain.contacts.dates import Order
from domain.contacts.texts import key
from domain.lead_files.encoding import LeadFileError
from domain.lead_files.headings import FIELDS, HINTS, WHOLE_NAMES, Field, Hint, field_of
from domain.lead_files.rejects import REJECT_COLUMNS
from domain.sentences import sentence

__all__ = ["ASK", "FIELDS", "KEPT", "LEFT_OUT", "Columns", "Field", "choose", "guess", "recognise"]

LEFT_OUT = "-"
"""In the place of a field: the column is not read."""
KEPT = "attribute"
"""In the place of a field: a person looked at it, and it says nothing of consent."""
ASK = "?"
"""In the place of a field: the column may say who wants no mail, and nobody said if it does."""
NAME_FIELDS: tuple[Field, ...] = ("first_name", "last_name", "full_name")
_CONSENT: tuple[Field, ...] = ("unsubscribed", "consent")
_LISTED = 30
_LIKE_MAIL = re.compile(
    r"mail|correo|courriel|post|почт|адрес|메일|메일주소|邮|郵|メール|เมล|contact|address"
)


class ColumnsError(LeadFileError):
    """What a column is must be said: ``column`` for example, which may be of ``field``."""

    def __init__(self, message: str, column: str, field: str) -> None:
        super().__init__(message)
        self.column = column
        self.field = field


@dataclass(frozen=True)
class Columns:
    """The reading of a header.

    ``fields`` are the indices of each field's columns, best first; ``attributes`` the keys of the
    rest, ``keys`` those of all columns. ``hints`` are attributes that tell of a place or a company.
    ``statuses`` are attributes that may say ``Unsubscribed`` among other things; ``unclear`` are
    those that may say who wants no mail, and ``decided`` those of which a person said that they
    don't. ``orders`` is the order of days in an attribute; None for days that tell by themselves.
    """

    fields: Mapping[Field, tuple[int, ...]]
    attributes: tuple[tuple[str, int], ...]
    header: tuple[str, ...] = ()
    keys: tuple[str, ...] = ()
    hints: Mapping[Hint, tuple[int, ...]] = field(default_factory=dict)
    statuses: frozenset[int] = frozenset()
    unclear: tuple[int, ...] = ()
    decided: frozenset[int] = frozenset()
    orders: Mapping[int, Order | None] = field(default_factory=dict)

    def clear(self) -> Columns:
        """These columns.

        Raises:
            LeadFileError: some may say who wants no mail, and nobody said in which sense.
        """
        if self.unclear:
            raise ColumnsError(
                sentence(
                    "the columns {columns} may say who wants no mail, and it is not clear how. Map "
                    "each to {unsubscribed} (yes means no mail), {consent} (no means no mail), "
                    "{kept} (it says nothing of mail) or {left_out} (leave it out).",
                    columns=_listed([self.header[index] for index in self.unclear]),
                    unsubscribed="unsubscribed",
                    consent="consent",
                    kept=KEPT,
                    left_out=LEFT_OUT,
                ),
                self.header[self.unclear[0]],
                "consent",
            )
        return self

    def chosen(self) -> list[str]:
        """Of each column what :func:`choose` takes for it."""
        found = [ASK if index in self.unclear else "" for index in range(len(self.header))]
        for index in self.decided:
            found[index] = KEPT
        for field_name, indices in self.fields.items():
            for index in indices:
                found[index] = field_name
        read = {index for _, index in self.attributes} | set(self.unclear)
        for index, name in enumerate(self.header):
            if not found[index] and index not in read and name not in REJECT_COLUMNS:
                found[index] = LEFT_OUT
        return found


def recognise(
    header: Sequence[str], mapping: Mapping[str, str] | None = None, *, source_given: bool = False
) -> Columns:
    """Decide what each column is.

    Args:
        header: the column names in order.
        mapping: column name → field, :data:`KEPT` or :data:`LEFT_OUT`, said by the person; such a
            field is read from there only. ``unsubscribed`` and ``consent`` are read from the
            columns that are known to hold them as well.
        source_given: all leads of the file share a source the person named, so a column of
            sources is an attribute like any other.

    Raises:
        LeadFileError: an unknown column or field in ``mapping``, or neither an e-mail column nor
            those for a name and a phone number.
    """
    said = _said(header, mapping or {})
    built = _Building(header, source_given=source_given)
    for index, name in enumerate(header):
        if index in said:
            built.take(index, said[index])
            continue
        known, rank = field_of(name)
        if known in FIELDS and not (known in said.values() and known not in _CONSENT):
            built.take(index, known, rank)
            continue
        sense = consent_sense(name)
        if sense in _CONSENT:
            built.take(index, sense)
        else:
            built.take(index, {"unclear": ASK, "detail": "detail"}.get(sense, ""))
    if "email" not in built.ranked and not built.can_be_called():
        raise _no_address(header)
    if "last_name" not in built.ranked and "full_name" not in built.ranked:
        built.whole_names(said)
    return built.columns()


def guess(header: Sequence[str]) -> list[str]:
    """What each column seems to be: a field, '' for what is kept as an attribute, or :data:`ASK`.

    Raises:
        LeadFileError: the first row holds an address, so it names no columns.
    """
    named = any(field_of(name)[0] == "email" for name in header)
    whole = any("@" in name for name in header)
    columns = recognise(header) if named or whole else recognise([*header, "email"])
    return columns.chosen()[: len(header)]


def choose(header: Sequence[str], fields: Sequence[str], *, source_given: bool = False) -> Columns:
    """The columns as a person chose them; of several for one field the best name goes first.

    Args:
        fields: of each column of ``header`` its field, '' or :data:`KEPT` to keep it as an
            attribute, or ``LEFT_OUT``.
        source_given: as for :func:`recognise`.

    Raises:
        LeadFileError: not one choice for each column, an unknown field, neither one for addresses
            nor those for a name and a phone number, or a column that may say who wants no mail is
            not decided.
    """
    if len(fields) != len(header):
        raise LeadFileError(f"it has {len(header)} columns, but {len(fields)} were chosen for.")
    built = _Building(header, source_given=source_given)
    for index, said in enumerate(fields):
        if said not in (*FIELDS, "", KEPT, LEFT_OUT, ASK):
            raise LeadFileError(_no_field(said))
        usual, rank = field_of(header[index])
        built.take(index, said, rank if usual == said else 0)
    if "email" not in built.ranked and not built.can_be_called():
        raise LeadFileError(
            sentence(
                "none of its columns is chosen for the e-mail address: choose one, or for people "
                "who are only called one for the name and one for the phone number."
            )
        )
    return built.columns().clear()


class _Building:
    """Columns while they are decided one by one."""

    def __init__(self, header: Sequence[str], *, source_given: bool) -> None:
        self.header = header
        self.source_given = source_given
        self.ranked: dict[Field, list[tuple[int, int]]] = {}
        self.rest: list[int] = []
        self.unclear: list[int] = []
        self.details: list[int] = []
        self.decided: set[int] = set()

    def take(self, index: int, what: str, rank: int = 0) -> None:
        """Decide a column: a field, ``detail`` of an opt-out, or one of this module's marks."""
        if self.header[index] in REJECT_COLUMNS or what == LEFT_OUT:
            return
        known: list[Field] = [name for name in FIELDS if name == what]
        if known and not (what == "source" and self.source_given):
            self.ranked.setdefault(known[0], []).append((rank, index))
            return
        self.rest.append(index)
        if what == ASK:
            self.unclear.append(index)
        elif what == "detail":
            self.details.append(index)
        elif what == KEPT:
            self.decided.add(index)

    def can_be_called(self) -> bool:
        """Whether rows have what makes a lead without an address: a name and a phone number."""
        return "phone" in self.ranked and not self.ranked.keys().isdisjoint(NAME_FIELDS)

    def whole_names(self, said: Mapping[int, str]) -> None:
        """A list with 이름 and no 성 has the whole name there."""
        first = self.ranked.get("first_name", [])
        whole = any(key(self.header[index]) in WHOLE_NAMES for _, index in first)
        if whole and "first_name" not in said.values():
            self.ranked["full_name"] = self.ranked.pop("first_name")

    def columns(self) -> Columns:
        keys = _keys(self.header)
        hints: dict[Hint, list[tuple[int, int]]] = {}
        for index in self.rest:
            known, rank = field_of(self.header[index])
            if known in HINTS:
                hints.setdefault(known, []).append((rank, index))
        # The reason of an opt-out is of interest only when nothing else tells of opt-outs.
        unclear = self.unclear + ([] if "unsubscribed" in self.ranked else self.details)
        return Columns(
            fields={name: _best_first(ranks) for name, ranks in self.ranked.items()},
            attributes=tuple((keys[index], index) for index in self.rest),
            header=tuple(self.header),
            keys=keys,
            hints={name: _best_first(ranks) for name, ranks in hints.items()},
            statuses=frozenset(
                index for index in self.rest if consent_sense(self.header[index]) == "status"
            ),
            unclear=tuple(sorted(unclear)),
            decided=frozenset(self.decided),
        )


def _best_first(ranks: list[tuple[int, int]]) -> tuple[int, ...]:
    return tuple(index for _, index in sorted(ranks))


def _no_address(header: Sequence[str]) -> LeadFileError:
    if any("@" in name for name in header):
        return LeadFileError(
            sentence(
                "its first row must name the columns (Email, First Name …), but holds an "
                "e-mail address: add such a row."
            )
        )
    return ColumnsError(
        sentence(
            "it has no e-mail column. Its columns are {columns}; map the one that holds the "
            "addresses to the field email. People who are only called need a column for the name "
            "and one for the phone number.",
            columns=_listed(header),
        ),
        _likely_addresses(header)[0] if _likely_addresses(header) else "…",
        "email",
    )


def _keys(header: Sequence[str]) -> tuple[str, ...]:
    taken: dict[str, int] = {}
    found = []
    for index, name in enumerate(header):
        one = attribute_key(name) or f"column_{index + 1}"
        taken[one] = taken.get(one, 0) + 1
        found.append(one if taken[one] == 1 else f"{one}_{taken[one]}")
    return tuple(found)


def _said(header: Sequence[str], mapping: Mapping[str, str]) -> dict[int, str]:
    said: dict[int, str] = {}
    for column, name in mapping.items():
        matching = [i for i, one in enumerate(header) if one == column.strip()] or [
            i for i, one in enumerate(header) if one and key(one) == key(column)
        ]
        if not matching:
            raise LeadFileError(
                f"the mapping names the column “{column}”, which it does not have. Its columns are "
                f"{_listed(header)}."
            )
        what = name.strip().lower()
        if what not in (*FIELDS, KEPT, LEFT_OUT):
            raise LeadFileError(f"the mapping is not right: {_no_field(name)}")
        said[matching[0]] = what
    return said


def _no_field(name: str) -> str:
    return (
        f"leads do not have the field “{name}”. Fields are {', '.join(FIELDS)}; {KEPT} keeps a "
        f"column as an attribute, {LEFT_OUT} leaves it out."
    )


def _listed(header: Sequence[str]) -> str:
    """Names of columns, those first that look like what is missed: an address."""
    likely = _likely_addresses(header)
    names = [f"“{name[:60]}”" for name in dict.fromkeys([*likely, *filter(None, header)])]
    more = f" and {len(names) - _LISTED} more" if len(names) > _LISTED else ""
    return ", ".join(names[:_LISTED]) + more


def _likely_addresses(header: Sequence[str]) -> list[str]:
    return [name for name in header if name and _LIKE_MAIL.search(key(name))]
