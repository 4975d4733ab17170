"""A file of leads as people have them: which separator, which rows, which of them are broken.

Rows are read with the rules of RFC 4180 (fields in quotation marks may hold separators, line
breaks and doubled quotation marks), and leniently: any separator, any line ending, short rows,
empty lines. A row that can't be understood is handed on with the reason; it never takes its
neighbours with it.
"""

from __future__ import annotations

import csv
import itertools
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, replace

from domain.lead_files.encoding import Decoded, LeadFileError, decode
from domain.lead_files.headings import field_of
from domain.lead_files.rejects import REJECT_COLUMNS, as_meant
from domain.sentences import sentence

_DELIMITERS = ",;\t|"
_SNIFFED_ROWS = 30
_MOST_NOTES = 25
"""Rows among which the header is looked for."""
MOST_COLUMNS = 500

_NEVER_CLOSED = "unexpected end of data"
"""The csv module's own words."""

TOO_LONG = "a value is too long"
TOO_MANY = "more values than the header has columns"
UNCLOSED = "a quotation mark is never closed"
_SAID = {
    TOO_LONG: sentence("A value is too long."),
    TOO_MANY: sentence("More values than the header has columns."),
    UNCLOSED: sentence("A quotation mark is never closed."),
}


@dataclass(frozen=True)
class FileRow:
    """One row below the header.

    ``row`` counts as a spreadsheet does (the header is row 1 when nothing stands above it),
    ``line`` is the line of a text editor on which the row begins and ``lines`` how many it takes.
    ``problem`` is '' or a short reason why the row can't be used; the values are then as far as
    they could be read.
    """

    row: int
    line: int
    lines: int
    values: list[str]
    problem: str = ""

    @property
    def said(self) -> str:
        """The problem as a sentence; '' when there is none."""
        return _SAID.get(self.problem, "")


@dataclass(frozen=True)
class LeadFile:
    """A file and its header; its rows are still to be read by :meth:`records`."""

    encoding: str
    delimiter: str
    header: list[str]
    text: Decoded
    line_count: int
    body: int
    """Index of the first line below the header."""
    body_row: int
    """The spreadsheet's number of that row."""

    def records(self) -> Iterator[FileRow]:
        """The rows below the header that hold anything, in order."""
        width = len(self.header)
        comes_back = not set(REJECT_COLUMNS).isdisjoint(self.header)
        for record in _records(self.text, self.body, self.body_row, self.delimiter, width):
            if record.problem or any(value.strip() for value in record.values):
                yield record if not comes_back else _as_meant(record)


def read_lead_file(data: bytes, encoding: str | None = None) -> LeadFile:
    """Decode a file and read its header.

    Raises:
        LeadFileError: empty, no text, unknown encoding, or nothing below the header.
    """
    decoded = decode(data, encoding)
    text, line_count, delimiters = _surveyed(decoded)
    begin, delimiter = _separator_line(next(text.open()))
    delimiter = delimiter or _sniff(text, begin, delimiters)
    record = _header(_records(text, begin, 1, delimiter, 0))
    body = record.line - 1 + record.lines
    header = [" ".join(value.split()) for value in record.values]
    while header and not header[-1]:
        header.pop()
    if len(header) > MOST_COLUMNS:
        raise LeadFileError(
            sentence(
                "it has {count:,} columns; at most {limit:,} can be read. Delete those you do not "
                "need.",
                count=len(header),
                limit=MOST_COLUMNS,
            )
        )
    found = LeadFile(decoded.encoding, delimiter, header, text, line_count, body, record.row + 1)
    if next(found.records(), None) is None:
        raise LeadFileError(sentence("it has a header but no rows below it."))
    return found


def _surveyed(decoded: Decoded) -> tuple[Decoded, int, str]:
    """The text without zero bytes, how many lines it has, and which delimiters are in it.

    Raises:
        LeadFileError: there is nothing in it.
    """
    lines, blank = 0, True
    delimiters: set[str] = set()
    for line in decoded.open():
        if "\0" in line:
            text = decoded.open().read().replace("\0", "")
            return _surveyed(Decoded(text.encode(), "utf-8"))
        lines += 1
        blank = blank and line.isspace()
        if len(delimiters) < len(_DELIMITERS):
            delimiters.update(one for one in _DELIMITERS if one in line)
    if blank:
        raise LeadFileError(sentence("it is empty."))
    return decoded, lines, "".join(one for one in _DELIMITERS if one in delimiters)


def _header(records: Iterator[FileRow]) -> FileRow:
    """The row that names the columns: the first that holds anything, unless a title or notes stand
    there and a row that names fields of leads comes after."""
    filled = (one for one in records if any(value.strip() for value in one.values))
    rows = list(itertools.islice(filled, _MOST_NOTES))
    if not rows:
        raise LeadFileError(sentence("it is empty."))
    first = rows[0]
    if _fields_named(first) or any("@" in value for value in first.values):
        return first
    return next((row for row in rows if _fields_named(row) > 1), first)


def _fields_named(record: FileRow) -> int:
    """How many of the fields of leads a row names; none when it names no address."""
    named = {field_of(" ".join(value.split()))[0] for value in record.values if value}
    return len(named - {None}) if "email" in named else 0


def _as_meant(record: FileRow) -> FileRow:
    return replace(record, values=[as_meant(value) for value in record.values])


def _separator_line(first: str) -> tuple[int, str]:
    """Spreadsheets write and obey a first line such as ``sep=;``, and do not show it as a row."""
    bare = first.strip().strip('"')
    if bare.lower().startswith("sep=") and len(bare) == 5:
        return 1, first.strip("\r\n").strip('"')[4]
    if first.lower().startswith("sep=\t"):
        return 1, "\t"
    return 0, ""


def _sniff(text: Decoded, begin: int, delimiters: str) -> str:
    """The separator, of those in the text, that cuts the first rows into the most equal and the
    most columns."""

    def fit(delimiter: str) -> tuple[float, int]:
        if delimiter not in delimiters:
            return (0.0, 0)
        widths: list[int] = []
        for record in _records(text, begin, 1, delimiter, 0):
            # Notes above the header are in one column.
            if any(record.values) and (widths or len(record.values) > 1):
                widths.append(len(record.values))
            if len(widths) == _SNIFFED_ROWS:
                break
        cut = Counter(width for width in widths if width > 1)
        if not cut:
            return (0.0, 0)
        width, often = cut.most_common(1)[0]
        return (often / len(widths), width)

    fits = {delimiter: fit(delimiter) for delimiter in _DELIMITERS}
    # A file with ragged rows still has its header cut into many: half of the rows will do.
    steady = [delimiter for delimiter in _DELIMITERS if fits[delimiter][0] >= 0.5]
    return max(steady or _DELIMITERS, key=lambda delimiter: fits[delimiter][1])


def _records(
    text: Decoded, begin: int, first_row: int, delimiter: str, width: int
) -> Iterator[FileRow]:
    """All rows from line index ``begin``; ``width`` is the number of columns, 0 when unknown.

    A quotation mark that is opened and never closed would swallow the rows after it. It shows in
    a field beyond the csv module's limit, in the end of the file, or in a row of several lines
    that has too many values or text right behind a closing mark: then only the line it began on
    is given up, and reading goes on with the next.
    """
    feed = _Feed(text, begin)
    reader = csv.reader(feed, delimiter=delimiter)
    for row in itertools.count(first_row):
        feed.row.clear()
        start = feed.position
        values: list[str] = []
        problem = ""
        try:
            values = next(reader)
        except StopIteration:
            return
        except csv.Error:
            problem = TOO_LONG
        extra = len(values) > width > 0 and any(value.strip() for value in values[width:])
        several = len(feed.row) > 1
        if several or feed.ended:
            fault = _quoting_fault(feed.row, delimiter)
            if fault == _NEVER_CLOSED or (several and (fault or extra)):
                problem = problem or UNCLOSED
        if problem:
            feed.keep_one()
            values = [value.strip() for value in feed.row[0].split(delimiter)]
        elif extra:
            problem = TOO_MANY
        yield FileRow(row, start + 1, len(feed.row), values, problem)


class _Feed:
    """Lines for the csv module, of which all but the first of a row can be read again; its reader
    begins afresh after a row.

    Args:
        position: index of the next line.
    """

    def __init__(self, text: Decoded, position: int) -> None:
        self.position = position
        self.row: list[str] = []
        """Lines of the row that is read; whoever begins one empties it."""
        self.ended = False
        """Whether the row goes up to the end of the text, and was expected to go on."""
        self._lines = itertools.islice(text.open(), position, None)
        self._again: deque[str] = deque()

    def __iter__(self) -> _Feed:
        return self

    def __next__(self) -> str:
        if self._again:
            line = self._again.popleft()
        else:
            try:
                line = next(self._lines)
            except StopIteration:
                self.ended = True
                raise
        self.position += 1
        self.row.append(line)
        return line

    def keep_one(self) -> None:
        """Have all lines of the row but its first read again."""
        self._again.extendleft(reversed(self.row[1:]))
        self.position -= len(self.row) - 1
        self.ended = False
        del self.row[1:]


def _quoting_fault(lines: list[str], delimiter: str) -> str:
    """What a strict reader says against the quotation marks of one row, '' if nothing."""
    try:
        list(csv.reader(lines, delimiter=delimiter, strict=True))
    except csv.Error as error:
        return str(error)
    return ""
