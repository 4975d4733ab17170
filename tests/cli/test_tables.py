"""Lists at the terminal, of things that anybody may have given their names."""

from __future__ import annotations

import pytest
from rich.console import Console

from cli.tables import listed


def test_brackets_in_a_name_are_shown_and_break_nothing(
    capsys: pytest.CaptureFixture[str],
) -> None:
    """One lead that calls itself "[/b]" would leave a whole team without its list."""
    Console(width=40).print(
        listed(("Lead", "Name", "Points"), [("7", "Ada [/b] [x]", "1,200")], right=("Points",))
    )
    assert capsys.readouterr().out.splitlines()[1].split() == ["7", "Ada", "[/b]", "[x]", "1,200"]
