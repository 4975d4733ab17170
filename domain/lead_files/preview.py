"""The first rows of a lead file, to look at before it is imported."""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from domain.lead_files.columns import Columns
from domain.lead_files.lead_file import FileRow, LeadFile
from domain.lead_files.row import LeadRow, RejectedRowError, RowReader
from domain.lead_files.sampled import settle

HEAD_ROWS = 500
SAMPLES = 3


@dataclass(frozen=True)
class Head:
    """A file's header and first rows; ``whole`` when it has no more."""

    encoding: str
    delimiter: str
    header: list[str]
    records: list[FileRow]
    whole: bool

    @classmethod
    def of(cls, leads: LeadFile) -> Head:
        """The head of a file."""
        records = list(itertools.islice(leads.records(), HEAD_ROWS + 1))
        return cls(
            leads.encoding,
            leads.delimiter,
            leads.header,
            records[:HEAD_ROWS],
            whole=len(records) <= HEAD_ROWS,
        )

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> Head:
        """What :meth:`as_json` made."""
        return cls(**{**kept, "records": [FileRow(**one) for one in kept["records"]]})

    def as_json(self) -> dict[str, Any]:
        """For the database."""
        return asdict(self)

    def samples(self, column: int) -> list[str]:
        """The first values of a column, each once."""
        values = (
            one.values[column].strip()
            for one in self.records
            if not one.problem and column < len(one.values)
        )
        return list(itertools.islice(dict.fromkeys(filter(None, values)), SAMPLES))


@dataclass(frozen=True)
class Reject:
    """A row that can't be imported: its number and line in the file, and the reason, a sentence."""

    row: int
    line: int
    reason: str


@dataclass(frozen=True)
class Preview:
    """The first ``rows`` rows of a file as leads, and those that can't be; ``whole`` when the file
    has no more. ``not_understood`` counts rows as ``RowReader`` does."""

    rows: int
    whole: bool
    leads: list[LeadRow]
    rejects: list[Reject]
    not_understood: dict[str, int]


def preview(
    head: Head, columns: Columns, source: str = "", dates: str = "", currency: str = ""
) -> Preview:
    """Read the head as an import would; ``currency`` is that of amounts that name none.

    Raises:
        LeadFileError: what the columns are must be said first.
    """
    reader = RowReader(settle(columns, head.records, dates), source, currency=currency)
    leads, rejects = [], []
    for record in head.records:
        try:
            leads.append(reader.read_record(record))
        except RejectedRowError as error:
            rejects.append(Reject(record.row, record.line, str(error)))
    return Preview(len(head.records), head.whole, leads, rejects, dict(reader.not_understood))
