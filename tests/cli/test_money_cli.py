"""``starter.py spend`` and ``rates`` as marketing at a terminal meets them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from cli import rates, spend
from cli.errors import UserError
from tests.cli.terminal import run_beside as run
from tests.support.workflow_world import World

COSTS = (
    "Channel;Campaign name;Month;Cost;Currency\n"
    'google;Spring;2025-05;"1.200,50";EUR\n'
    "google;Spring;2025-06;900;EUR\n"
    "fair;;05/06/2025;8000;EUR\n"
    ";Spring;2025-05;10;EUR\n"
    "google;Spring;2025-07;plenty;EUR\n"
)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the command runs, with a file of spend and one with other columns."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "costs.csv").write_text(COSTS, encoding="utf-8")
    other = "What,When,How much\nfair,2025-05-04,1\n"
    (tmp_path / "other.csv").write_text(other, encoding="utf-8")
    return tmp_path


def written(folder: Path, name: str) -> str:
    """A file that a command has made."""
    return (folder / name).read_text(encoding="utf-8-sig")


async def test_a_file_of_spend_is_entered_once_and_its_bad_rows_come_back(
    desk: World, folder: Path
) -> None:
    """A bad row would stop the others, or vanish; a day that is written two ways is no day."""
    first = json.loads(await run(spend.app, "import", "costs.csv", "--json"))
    again = json.loads(await run(spend.app, "import", "costs.csv", "--json", "--dates", "dmy"))
    listed = json.loads(await run(spend.app, "list", "--json"))
    rejects = written(folder, first["rejects_file"])

    assert {name: first[name] for name in ("new", "unchanged", "restated", "rejected")} == {
        "new": 2,
        "unchanged": 0,
        "restated": 0,
        "rejected": 3,
    }
    assert (again["new"], again["unchanged"], again["rejected"]) == (1, 2, 2)
    assert [(one["source"], one["day"], one["amount"]) for one in listed] == [
        ("fair", "2025-06-05", "8000.00"),
        ("google", "2025-06-01", "900.00"),
        ("google", "2025-05-01", "1200.50"),
    ]
    assert "'05/06/2025' is no day or month" in rejects
    assert "Say the source" in rejects
    assert "'plenty' can't be an amount of money" in rejects


@pytest.mark.usefixtures("folder")
async def test_a_file_without_its_columns_enters_nothing(desk: World) -> None:
    """Half a file would be taken for all of it."""
    with pytest.raises(UserError, match="no column for 'source'"):
        await run(spend.app, "import", "other.csv")
    mapped = [f"--map={one}" for one in ("What=source", "When=day", "How much=amount")]
    assert "1 new" in await run(spend.app, "import", "other.csv", *mapped)


async def test_rates_are_set_and_replaced(desk: World) -> None:
    """Nobody could tell the sums of a branch in Seoul."""
    said = [
        await run(rates.app, "set", "EUR", rate, "--from", "2025-05-01")
        for rate in ("1.10", "1.10", "1.12")
    ]

    assert [one.rpartition(": ")[2].strip() for one in said] == [
        *("entered.", "was so already.", "replaced.")
    ]
    assert "1.12" in await run(rates.app, "list")
    with pytest.raises(UserError, match="the company's own currency"):
        await run(rates.app, "set", "USD", "1")
