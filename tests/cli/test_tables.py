"""Lists at the terminal, of things that anybody may have given their names."""

from __future__ import annotations

import pytest

from cli.facts import print_facts
from cli.tables import listed, print_list

ADDRESS = "krasimira.petrova@slanchev-pokriv.example"


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
