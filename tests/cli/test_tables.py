"""Lists at the terminal, of things that anybody may have given their names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import cli.tables
from cli.facts import print_facts
from cli.tables import listed, print_list

ADDRESS = "krasimira.petrova@slanchev-pokriv.example"


def test_what_strangers_typed_does_not_steer_the_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """A form that anybody fills in would clear the screen of whoever reads it, or write there what
    it likes."""
    evil = "\x1b]0;x\x07\x1b[2J\x9b31m\u202eAda"
    print_list(listed(("Name",), [(evil,)]))
    print_facts([("Name", evil)])
    shown = capsys.readouterr().out
    assert shown.count("Ada") == 2
    assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(shown)


def test_each_table_shows_texts_by_the_same_way() -> None:
    """One that makes its own would show what steers the terminal."""
    own = [
        file.name
        for file in Path(cli.tables.__file__).parent.glob("*.py")
        if file.name != "tables.py" and re.search(r"(?<![\w.])Text\(", file.read_text("utf-8"))
    ]
    assert own == []


def test_brackets_in_a_name_are_shown_and_break_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One lead that calls itself "[/b]" would leave a whole team without its list."""
    rows = [("7", "Ada [/b] [x]", "1,200")]
    print_list(listed(("Lead", "Name", "Points"), rows, right=("Points",)))
    assert capsys.readouterr().out.splitlines()[1].split() == ["7", "Ada", "[/b]", "[x]", "1,200"]


def test_an_address_is_never_cut_and_the_rest_fits(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Half an address can't be copied, nor told from that of a namesake."""
    monkeypatch.setenv("COLUMNS", "80")
    columns = ("E-mail", "Company", "Cadence", "Made")
    row = (ADDRESS, "Schornsteinfegermeister Großkopf & Söhne", "welcome-nurture", "-")
    print_list(listed(columns, [row]))

    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= 80
    assert ADDRESS in lines[1]
    assert "welcome-nurture" in lines[1]

    monkeypatch.setenv("COLUMNS", "40")
    print_list(listed(columns, [row]))
    print_facts([("Reach", f"+359 2 000 7321 · {ADDRESS}")])
    said = capsys.readouterr().out
    assert said.count(ADDRESS) == 2
    assert "…" not in said
