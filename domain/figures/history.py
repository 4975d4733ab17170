"""Histories of leads as CRMs export them: one row for each lead, or one for each move, in one file
or in several that a column joins.

Nothing is guessed: a row that contradicts others, or itself, is left out and handed back with the
reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta, timezone, tzinfo
from decimal import Decimal
from typing import NamedTuple

from domain.contacts.dates import Order, read_day
from domain.contacts.texts import said as meant
from domain.contracts.journey import Stage
from domain.figures.history_columns import (
    AT,
    CLOCK,
    DATED,
    DETOURS,
    ID,
    LOST,
    STAGE,
    TEXTS,
    WON,
    HistoryFile,
    stage_of,
)
from domain.figures.stages import POSITION, Entry, first_entries
from domain.lead_files.lead_file import FileRow
from domain.money import checked_amount, checked_currency, currency_beside, read_amount
from domain.refusals import Invalid
from domain.sentences import Sentence, sentence
from domain.time.window import zone


class HistoryReject(NamedTuple):
    """A row that was left out: of which file, why in short, and in a sentence."""

    file: str
    row: FileRow
    kind: str
    reason: str


class Dated(NamedTuple):
    """A time in a row: the field of :data:`DATED`, and when (UTC)."""

    field: str
    at: datetime
    row: int
    """Index in :attr:`HistoryRecord.rows`."""


@dataclass
class HistoryRecord:
    """What all rows with one id say. ``in_order`` tells that its moves were recorded one by one."""

    name: str
    rows: list[tuple[str, FileRow]] = field(default_factory=list)
    times: list[Dated] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    amount: Decimal | None = None
    currency: str = ""
    in_order: bool = False


@dataclass(frozen=True)
class HistoryUnit:
    """One record as a unit of figures. ``name`` is its id in the files, ``moves`` are positions of
    stages with their times (UTC), in order."""

    name: str
    entries: Mapping[Stage, Entry]
    moves: Sequence[tuple[int, datetime]]
    outcome: str
    outcome_at: datetime | None
    texts: Mapping[str, str]
    amount: Decimal | None
    currency: str


@dataclass(frozen=True)
class History:
    """What files hold: the units, the rows that were read, and those that were left out."""

    units: Sequence[HistoryUnit]
    rows: int
    rejects: Sequence[HistoryReject]


def read_history(
    files: Sequence[HistoryFile], stages: Mapping[str, str], time_zone: str, currency: str
) -> History:
    """The units of files that belong together.

    Args:
        stages: names of stages → fields of :data:`DATED`, beside those that are known.
        time_zone: of days and of times without an offset, IANA name.
        currency: of amounts that name none.
    """
    records: dict[str, HistoryRecord] = {}
    rejects: list[HistoryReject] = []
    rows = 0
    for file in files:
        reading = _FileReading(file, stages, time_zone, currency)
        for row in file.rows.records():
            rows += 1
            try:
                reading.add(row, records)
            except _WrongRow as error:
                rejects.append(HistoryReject(file.name, row, error.kind, error.reason))
    units = []
    for record in records.values():
        wrong = _contradictions(record)
        if record.times:
            units.append(_unit(record))
        elif not wrong:
            wrong = [HistoryReject(file, row, *_NO_TIME) for file, row in record.rows]
        rejects += wrong
    order = {file.name: number for number, file in enumerate(files)}
    rejects.sort(key=lambda reject: (order[reject.file], reject.row.row))
    return History(units, rows, rejects)


_NO_TIME = ("no time", sentence("Nothing says when: no stage of this id has a time."))


class _WrongRow(ValueError):
    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(kind)
        self.kind, self.reason = kind, reason


class _FileReading:
    """One file, row by row."""

    def __init__(
        self, file: HistoryFile, stages: Mapping[str, str], time_zone: str, currency: str
    ) -> None:
        self._file, self._stages, self._own = file, stages, currency
        self._zone = zone(time_zone)
        self._dated = [one for one in DATED if one in file.fields]
        self._texts = [one for one in TEXTS if one in file.fields]
        self._days: dict[str, datetime] = {}

    def add(self, row: FileRow, records: dict[str, HistoryRecord]) -> None:
        if row.problem:
            raise _WrongRow(row.problem, row.said)
        name = self._cell(row, ID)
        if not name:
            raise _WrongRow("no id", sentence("It has no id: whose history is it?"))
        times = [(one, at) for one in self._dated if (at := self._time(row, one)) is not None]
        if STAGE in self._file.fields:
            times.append(self._move(row))
        elif self._dated and not times:
            raise _WrongRow(*_NO_TIME)
        amount, currency = self._amount(row)
        record = records.setdefault(name, HistoryRecord(name))
        record.in_order = record.in_order or STAGE in self._file.fields
        record.times += [Dated(one, at, len(record.rows)) for one, at in times]
        record.rows.append((self._file.name, row))
        for one in self._texts:
            if cell := self._cell(row, one):
                record.texts[one] = cell
        if amount is not None:
            record.amount, record.currency = amount, currency

    def _cell(self, row: FileRow, name: str) -> str:
        index = self._file.fields.get(name)
        if index is None or index >= len(row.values):
            return ""
        value = row.values[index].strip()
        # What begins with a figure says something.
        return value if value[:1].isdigit() and value.isascii() else meant(value)

    def _move(self, row: FileRow) -> tuple[str, datetime]:
        named = self._cell(row, STAGE)
        stage = stage_of(named, self._stages)
        if not stage:
            raise _WrongRow(
                "unknown stage",
                sentence("'{stage}' is no stage that we know: say which it is.", stage=named),
            )
        at = self._time(row, AT)
        if at is None:
            raise _WrongRow("no time", sentence("Nothing says when it came to this stage."))
        return stage, at

    def _time(self, row: FileRow, name: str) -> datetime | None:
        cell = self._cell(row, name)
        if not cell:
            return None
        known = self._days.get(cell)
        if known is None:
            known = self._days[cell] = _instant(cell, self._file.order, self._zone)
            if len(self._days) > 100_000:
                self._days.clear()
        return known

    def _amount(self, row: FileRow) -> tuple[Decimal | None, str]:
        """The amount, and its currency."""
        cell, named = self._cell(row, "amount"), self._cell(row, "currency")
        if not cell:
            return None, ""
        try:
            currency = checked_currency(named) if named else currency_beside(cell) or self._own
            amount = read_amount(cell, currency)
            if amount is not None:
                return checked_amount(amount, currency), currency
        except Invalid as error:
            raise _WrongRow("no amount", error.args[0]) from None
        raise _WrongRow("no amount", sentence("'{cell}' is no amount.", cell=cell))


def _instant(written: str, order: Order | None, time_zone: tzinfo) -> datetime:
    """The time that is written, UTC; a day without one is its first instant."""
    clock = CLOCK.search(written)
    day = read_day(written[: clock.start()] if clock else written, order)
    hour, minute, second = (int(one or 0) for one in clock.groups()[:3]) if clock else (0, 0, 0)
    half = (clock[4] or "").lower() if clock else ""
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    offset = clock[5] if clock else None
    try:
        if day is not None:
            there = _offset(offset) if offset else time_zone
            return datetime.combine(day, time(hour, minute, second), there).astimezone(UTC)
    except (ValueError, OverflowError):  # No such time of day, no such zone, or before all times.
        pass
    raise _WrongRow("no day", sentence("'{cell}' is no day that can be read.", cell=written))


def _offset(written: str) -> timezone:
    if written[0] not in "+-":
        return UTC
    hours, minutes = int(written[1:3]), int(written[-2:])
    span = timedelta(hours=hours, minutes=minutes)
    return timezone(-span if written[0] == "-" else span)


def _contradictions(record: HistoryRecord) -> list[HistoryReject]:
    """The rows of a record that contradict each other; the record is without them then."""
    won = [one for one in record.times if one.field == WON]
    if not won:
        return []
    lost = [one for one in record.times if one.field == LOST]
    first = min((one.at for one in record.times if one.field not in (WON, *DETOURS)), default=None)
    wrong: dict[int, tuple[str, Sentence]] = {}
    if len(won) > 1:
        said = sentence("This id is won {times} times: which is right?", times=len(won))
        wrong |= {one.row: ("won twice", said) for one in won}
    elif won and lost:
        said = sentence("This id is won and lost: which is right?")
        wrong |= {one.row: ("won and lost", said) for one in (*won, *lost)}
    elif won and first is not None and won[0].at < first:
        said = sentence(
            "Won on {won}, before the first contact on {first}.",
            won=won[0].at.date(),
            first=first.date(),
        )
        wrong[won[0].row] = ("won before first contact", said)
    record.times = [one for one in record.times if one.row not in wrong]
    if any(one.row in wrong for one in won):
        record.amount = None
    return [HistoryReject(*record.rows[row], *said) for row, said in wrong.items()]


def _unit(record: HistoryRecord) -> HistoryUnit:
    times = list(_in_order(record))
    stages = [(_stage(one.field), one.at) for one in times]
    over = next((one for one in reversed(times) if one.field in (WON, *DETOURS)), None)
    last = over if over is not None and over.field == WON else times[-1]
    closed = over is not None and (over.field == WON or over is times[-1])
    return HistoryUnit(
        name=record.name,
        entries=first_entries(stages),
        moves=[(POSITION[stage], at) for stage, at in stages],
        outcome=last.field if closed else "",
        outcome_at=last.at if closed else None,
        texts=record.texts,
        amount=record.amount,
        currency=record.currency,
    )


def _stage(name: str) -> str:
    if name == WON:
        return Stage.CUSTOMER
    # A lost lead rests, as ours do.
    return Stage.RECYCLED if name == LOST else name


_PLACES = {name: place for place, name in enumerate(DATED)}


def _in_order(record: HistoryRecord) -> Iterator[Dated]:
    """By time where moves were recorded one by one; else in the order of the funnel, whatever the
    times say: that one is before another is a fault of the data, and shown as such."""
    if record.in_order:
        yield from sorted(record.times, key=lambda one: (one.at, one.row))
    else:
        yield from sorted(record.times, key=lambda one: (_PLACES[one.field], one.at))
