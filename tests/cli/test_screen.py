"""What strangers typed, on the terminal of somebody who looks at it."""

from __future__ import annotations

import io
import json
import re
from pathlib import Path

import pytest
from rich.table import Table

from cli import screen
from settings import ROOT

STEERING = "Ann\x1b]0;rm -rf\x07\x1b[2J\x9b8m\r\x7f\u202eeve"


def test_nothing_that_is_shown_steers_the_terminal() -> None:
    """A name in a form renames the window, clears what an admin read, or hides what follows."""
    shown = io.StringIO()
    console = screen.Console(file=shown, force_terminal=True, width=80)
    table = Table(STEERING)
    table.add_row(STEERING)
    console.print(table)
    console.print(STEERING, style="bold", markup=False)
    said = re.sub(r"\x1b\[[\d;]*m", "", shown.getvalue())

    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", said)
    assert "Ann" in said
    assert "\x1b[1m" in shown.getvalue(), "our own styles stay"


def test_programs_read_what_was_typed(capsys: pytest.CaptureFixture[str]) -> None:
    """What is written for a terminal must not cost a program a character."""
    screen.echo(json.dumps({"name": STEERING, "two": "a\nb\tc"}, ensure_ascii=False))
    said = capsys.readouterr().out

    assert json.loads(said) == {"name": STEERING, "two": "a\nb\tc"}
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", said)


def test_all_that_is_printed_goes_one_way() -> None:
    """The next command would print raw again what everybody may type."""
    files = [path for path in Path(ROOT / "cli").glob("*.py") if path.name != "screen.py"]
    raw = re.compile(r"typer\.s?echo\(|(?<![\w.])print\(|rich\.console import .*\bConsole\b")

    assert [path.name for path in files if raw.search(path.read_text(encoding="utf-8"))] == []
