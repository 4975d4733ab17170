"""Which column of a history file says what, and what its stages are called with us."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from domain.contacts.dates import ORDERS, Order, possible_orders
from domain.contacts.texts import key, word_set
from domain.contracts.journey import Stage
from domain.figures.stages import FUNNEL
from domain.lead_files.encoding import LeadFileError
from domain.lead_files.lead_file import LeadFile
from domain.sentences import sentence

ID, STAGE, AT, LOST = "id", "stage", "at", "lost"
WON = "won"
TEXTS = ("source", "campaign", "cadence", "segment", "owner", "country", "reason")
MONEY = ("amount", "currency")
DETOURS = (LOST, Stage.RECYCLED.value, Stage.DISQUALIFIED.value)
DATED = (*(stage.value for stage in FUNNEL[:-1]), WON, *DETOURS)
"""Fields that hold the time at which a stage was entered."""
FIELDS = (ID, STAGE, AT, *DATED, *TEXTS, *MONEY)
LEFT_OUT = "-"

CLOCK = re.compile(
    r"[T\s,]\s*(\d{1,2}):(\d{2})(?::(\d{2})(?:[.,]\d+)?)?\s*(?:([ap])\.?m\.?)?\s*"
    r"(Z|UTC|GMT|[+-]\d{2}:?\d{2})?\s*$",
    re.IGNORECASE,
)
"""A time at the end of a day: hours, minutes, seconds, a or p, and the offset."""

_HEADINGS: Mapping[str, frozenset[str]] = {
    ID: word_set("id|lead id|mql id|contact id|record id|lead|contact|deal id", "|"),
    STAGE: word_set("stage|to stage|lifecycle stage|lead status|status", "|"),
    AT: word_set("at|entered at|entered|date entered|changed at|timestamp|time|date", "|"),
    "known": word_set("first contact|first contact date|created|create date|created date", "|"),
    "engaged": word_set("engaged date|became engaged", "|"),
    "mql": word_set("mql date|became mql|became a marketing qualified lead date", "|"),
    "sal": word_set("sal date|became sal|accepted date", "|"),
    "sql": word_set("sql date|became sql|became a sales qualified lead date", "|"),
    "opportunity": word_set("opportunity date|became an opportunity date", "|"),
    WON: word_set("won|won date|closed won date|became a customer date", "|"),
    LOST: word_set("lost|lost date|closed lost date", "|"),
    "source": word_set("source|origin|lead source|original source", "|"),
    "campaign": word_set("campaign|utm campaign", "|"),
    "segment": word_set("segment|business segment", "|"),
    "owner": word_set("owner|owner id|sales rep|rep|sdr id", "|"),
    "country": word_set("country", "|"),
    "reason": word_set("reason|lost reason|close reason", "|"),
    "amount": word_set("amount|deal amount|value", "|"),
    "currency": word_set("currency|currency code", "|"),
}
_STAGE_WORDS: Mapping[str, frozenset[str]] = {
    "known": word_set("known|new|lead|subscriber|contact|prospect", "|"),
    "engaged": word_set("engaged", "|"),
    "mql": word_set("mql|marketing qualified|marketing qualified lead", "|"),
    "sal": word_set("sal|sales accepted|sales accepted lead", "|"),
    "sql": word_set("sql|sales qualified|sales qualified lead", "|"),
    "opportunity": word_set("opportunity", "|"),
    WON: word_set("won|customer|closed won|closedwon", "|"),
    LOST: word_set("lost|closed lost|closedlost", "|"),
    "recycled": word_set("recycled|nurture", "|"),
    "disqualified": word_set("disqualified|unqualified", "|"),
}


@dataclass(frozen=True)
class HistoryFile:
    """A file by its name, and its columns: of each field those that hold it, by their index.
    ``order`` is that of its days with slashes, None where each tells by itself."""

    name: str
    rows: LeadFile
    fields: Mapping[str, int]
    order: Order | None = None


@dataclass(frozen=True)
class HistoryChoice:
    """What a person says of the files: column → field (``file:column`` for that of one file),
    name of a stage → stage, and the order of days such as 5/6/2027, '' as the files show it."""

    columns: Mapping[str, str] = field(default_factory=dict)
    stages: Mapping[str, str] = field(default_factory=dict)
    dates: str = ""


def arrange(files: Sequence[tuple[str, LeadFile]], said: HistoryChoice) -> list[HistoryFile]:
    """The files with the fields of their columns, as they were said or else recognised.

    Raises:
        LeadFileError: a column or a field that there is not, no column that joins, or an order of
            days that nobody can tell.
    """
    unknown = [field for field in said.columns.values() if field not in (*FIELDS, LEFT_OUT)]
    if unknown:
        raise LeadFileError(
            sentence(
                "there is no field '{field}' of a history: it has {fields}.",
                field=unknown[0],
                fields=list(FIELDS),
            )
        )
    for name, stage in said.stages.items():
        if stage not in DATED:
            raise LeadFileError(
                sentence(
                    "'{name}' can't be the stage '{stage}': stages are {stages}.",
                    name=name,
                    stage=stage,
                    stages=list(DATED),
                )
            )
    headers = {(name, heading) for name, rows in files for heading in rows.header}
    for column in said.columns:
        if not any(column in (heading, f"{name}:{heading}") for name, heading in headers):
            raise LeadFileError(
                sentence("there is no column '{column}' in the files.", column=column)
            )
    return [_arranged(name, rows, said, several=len(files) > 1) for name, rows in files]


def _arranged(name: str, rows: LeadFile, said: HistoryChoice, *, several: bool) -> HistoryFile:
    fields: dict[str, int] = {}
    guesses: dict[str, int] = {}
    for index, heading in enumerate(rows.header):
        field = said.columns.get(f"{name}:{heading}") or said.columns.get(heading)
        if field is None:
            guessed = _guessed(heading)
            if guessed:
                guesses.setdefault(guessed, index)
        elif field in fields:
            raise LeadFileError(
                sentence(
                    "two columns of {file} are the field '{field}': leave one out.",
                    file=name,
                    field=field,
                )
            )
        elif field != LEFT_OUT:
            fields[field] = index
    fields = guesses | fields
    if ID not in fields:
        how = (
            sentence("no column of {file} joins it with the others: map one to id.", file=name)
            if several
            else sentence("no column of {file} says whose history it is: map one to id.", file=name)
        )
        raise LeadFileError(how)
    if (STAGE in fields) != (AT in fields) and STAGE in fields:
        raise LeadFileError(
            sentence(
                "{file} has stages without their times: map the column of times to at.", file=name
            )
        )
    if STAGE not in fields:
        fields.pop(AT, None)
    dated = [fields[one] for one in (AT, *DATED) if one in fields]
    return HistoryFile(name, rows, fields, _order(name, rows, dated, said.dates))


def day_of(written: str) -> str:
    """What stands before the time of a day: the same for many rows."""
    clock = CLOCK.search(written)
    return written[: clock.start()] if clock else written


def _guessed(heading: str) -> str:
    named = key(heading)
    if named in FIELDS:
        return named
    return next((field for field, words in _HEADINGS.items() if named in words), "")


def _order(name: str, rows: LeadFile, dated: Iterable[int], said: str) -> Order | None:
    """The order of the days in a file: said, or what its days leave."""
    given = next((order for order in ORDERS if order == said), None)
    if said and given is None:
        raise LeadFileError(
            sentence(
                "there is no order of days “{dates}”: use {orders}.",
                dates=said,
                orders=", ".join(ORDERS),
            )
        )
    if given:
        return given
    possible = frozenset(ORDERS)
    columns = list(dated)
    days = {
        day_of(record.values[index])
        for record in rows.records()
        for index in columns
        if index < len(record.values)
    }
    for found in map(possible_orders, days):
        if possible & found:
            possible &= found
    if len(possible) == 1:
        return next(iter(possible))
    if possible == frozenset(ORDERS):
        return None
    raise LeadFileError(
        sentence(
            "days in {file} such as 5/6/2027 may be in May or June: name the order of its dates "
            "({orders}).",
            file=name,
            orders=", ".join(ORDERS),
        )
    )


def stage_of(written: str, said: Mapping[str, str]) -> str:
    """The field of :data:`DATED` that a stage's name is; '' when nobody knows."""
    if written in said:
        return said[written]
    named = key(written)
    return next((field for field, words in _STAGE_WORDS.items() if named in words), "")
