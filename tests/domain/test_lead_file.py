"""A row that is broken is named with its number; it never takes its neighbours with it."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from domain.lead_files.columns import recognise
from domain.lead_files.encoding import LeadFileError
from domain.lead_files.lead_file import TOO_LONG, TOO_MANY, UNCLOSED, FileRow, read_lead_file
from domain.lead_files.preview import Head, preview
from domain.sentences import Sentence


def read(text: str) -> list[FileRow]:
    return list(read_lead_file(text.encode()).records())


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_any_usual_separator_is_recognised(delimiter: str) -> None:
    rows = [
        ["Email", "Name", "Note"],
        ["a@b.example", "A", "x, y; z | w"],
        ["c@d.example", "C", ""],
    ]
    written = io.StringIO()
    csv.writer(written, delimiter=delimiter).writerows(rows)
    found = read_lead_file(written.getvalue().encode())
    assert found.delimiter == delimiter
    assert [found.header, *(record.values for record in found.records())] == rows


def test_a_list_of_addresses_alone_is_one_column() -> None:
    assert [record.values for record in read("email\na@b.example\n")] == [["a@b.example"]]


@pytest.mark.parametrize("first", ["sep=;", '"sep=;"', "SEP=;"])
def test_a_separator_line_is_obeyed_and_counts_as_a_line_but_not_as_a_row(first: str) -> None:
    (record,) = read(f"{first}\r\nemail;a,b,c\r\na@b.example;1\r\n")
    assert (record.values, record.row, record.line) == (["a@b.example", "1"], 2, 3)


def test_rows_are_numbered_as_the_spreadsheet_and_lines_as_the_editor_shows_them() -> None:
    records = read('\nemail,note\na@b.example,"two\nlines"\n\n,,\nc@d.example,x\n')
    assert [(record.row, record.line) for record in records] == [(3, 3), (6, 7)]
    assert records[0].values == ["a@b.example", "two\nlines"]


def test_short_rows_and_empty_cells_beyond_the_header_are_no_problem() -> None:
    records = read("email,a,b\nx@y.example\nz@y.example,1,2,,\n")
    assert [record.problem for record in records] == ["", ""]


def test_a_row_with_more_values_than_columns_is_reported_alone() -> None:
    records = read("email,a\nx@y.example,1,2\nz@y.example,1\n")
    assert [record.problem for record in records] == [TOO_MANY, ""]


@pytest.mark.parametrize(
    "broken",
    [
        'email,a\nx@y.example,"open\nz@y.example,1\n',
        'email,a\nx@y.example,"open\nz@y.example,"1"\n',
    ],
)
def test_a_quotation_mark_never_closed_loses_its_line_only(broken: str) -> None:
    records = read(broken)
    assert [record.problem for record in records] == [UNCLOSED, ""]
    assert (records[0].line, records[1].values) == (2, ["z@y.example", "1"])


def test_the_preview_says_what_is_wrong_with_a_row_in_a_sentence_that_can_be_translated() -> None:
    """A marketer who reads Korean would find the reason in English."""
    leads = read_lead_file(b'email,a\nx@y.example,1,2\nz@y.example,"open\nv@y.example,1\n')

    rejects = preview(Head.from_json(Head.of(leads).as_json()), recognise(leads.header)).rejects

    assert [one.reason for one in rejects] == [
        "More values than the header has columns.",
        "A quotation mark is never closed.",
    ]
    assert all(isinstance(one.reason, Sentence) for one in rejects)


def test_a_quotation_mark_never_closed_in_a_long_file_loses_its_line_only() -> None:
    rows = "".join(f"p{number}@y.example,{'x' * 50}\n" for number in range(5_000))
    records = read(f'email,a\nx@y.example,"open\n{rows}')
    assert [record.line for record in records if record.problem] == [2]
    assert records[0].problem == TOO_LONG
    assert len(records) == 5_001


def test_zero_bytes_and_doubled_quotation_marks_are_read() -> None:
    (record,) = read('email,a\nx@y.exa\0mple,"say ""hi"""\n')
    assert record.values == ["x@y.example", 'say "hi"']


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "empty"),
        (" \n\r\n\t", "empty"),
        ("email,name\n", "header but no rows"),
        ("email,name\n,\n\n", "header but no rows"),
    ],
)
def test_a_file_without_rows_is_refused(text: str, sentence: str) -> None:
    with pytest.raises(LeadFileError, match=sentence):
        read_lead_file(text.encode())


CELL = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8)


@given(st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=1, max_size=8))
def test_whatever_a_spreadsheet_writes_is_read_back(rows: list[list[str]]) -> None:
    written = io.StringIO(newline="")
    csv.writer(written).writerows(
        [["email", "name", "note"], *(["a@b.example", *row[1:]] for row in rows)]
    )
    found = read_lead_file(b"\xef\xbb\xbf" + written.getvalue().encode())
    assert [record.values for record in found.records()] == [
        ["a@b.example", *row[1:]] for row in rows
    ]


@example(b",")
@given(st.binary(max_size=300))
def test_no_file_whatever_brings_anything_but_rows_or_a_sentence(data: bytes) -> None:
    try:
        records = list(read_lead_file(data).records())
    except LeadFileError:
        return
    assert records


@pytest.mark.parametrize(
    "notes",
    [
        'Notes:\n"When exporting, some addresses are missing."\n\n',
        "Leads by Country\nAs of 3/5/2027, 10:00; generated by Ann\n\n\n",
        "Report: all leads,,\nFilter: none,,\n",
        '"Confidential, do not share"\n',
    ],
)
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_a_header_is_found_below_a_title_and_notes(notes: str, separator: str) -> None:
    """LinkedIn and formatted reports write some lines first; no mapping could fix that."""
    header = ["First Name", "Email Address", "Company"]
    rows = [header, ["Ada", "ada@a.example", "Acme"], ["Bo", "bo@b.example", "Bee"]]
    text = notes + "".join(separator.join(row) + "\n" for row in rows)
    leads = read_lead_file(text.encode())
    assert leads.header == header
    assert [record.values[1] for record in leads.records()] == ["ada@a.example", "bo@b.example"]


def test_a_first_row_that_names_no_field_is_still_the_header() -> None:
    """Whoever maps columns of their own language is not sent to the second row."""
    leads = read_lead_file(b"Adr,X\na@b.example,Email\n")
    assert leads.header == ["Adr", "X"]
