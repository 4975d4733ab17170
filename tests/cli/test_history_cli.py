"""``starter.py history import`` of what CRMs export, and what the funnel makes of it."""

from __future__ import annotations

import csv
import json
import random
import statistics
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, text

from cli.funnel import funnel
from cli.history import import_history
from domain.refusals import Invalid

BEGIN = datetime(2025, 6, 1, tzinfo=UTC)
MAPPED = ["mql_id=id", "first_contact_date=mql", "won_date=won", "sdr_id=owner", "origin=source"]


@pytest.fixture
def folder(database: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder in which the commands run, over an empty database."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


def write(path: Path, header: str, rows: list[str]) -> Path:
    path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return path


def said(capsys: pytest.CaptureFixture[str], command: Any, *given: Any, **named: Any) -> Any:
    """What a command prints as JSON."""
    capsys.readouterr()
    command(*given, as_json=True, **named)
    return json.loads(capsys.readouterr().out)


def test_two_tables_of_a_crm_give_exactly_what_they_hold(
    folder: Path, database: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    """A baseline that is a little wrong makes every later figure look better, or worse: 8,000
    leads with ISO days and 800 wins with American times, joined by an id; one win lies before its
    first contact, and one sale has a qualification that was typed wrong."""
    chance = random.Random(15)
    leads, wins, spans = [], [], []
    by_source: dict[str, int] = {}
    for number in range(8000):
        source = ("paid_search", "organic", "referral", "")[number % 4]
        day = BEGIN + timedelta(days=chance.randrange(360))
        leads.append(f"lead-{number:05},{day:%Y-%m-%d},{source}")
        if number < 800:
            span = timedelta(hours=chance.randrange(6, 24 * 90), seconds=1)
            won = day - timedelta(days=4) if number == 7 else day + span
            if number != 7:
                spans.append(span.total_seconds() / 86400)
                by_source[source] = by_source.get(source, 0) + 1
            qualified = day - timedelta(days=1) if number == 9 else day + span / 2
            wins.append(
                f"lead-{number:05},{won:%m/%d/%Y %I:%M:%S %p},{qualified:%m/%d/%Y %H:%M:%S},"
                f'rep-{number % 5},"$1,200.50",USD'
            )
    chance.shuffle(wins)
    first = write(folder / "mqls.csv", "mql_id,first_contact_date,origin", leads)
    second = write(folder / "deals.csv", "mql_id,won_date,sql_date,sdr_id,amount,currency", wins)

    made = said(capsys, import_history, [first, second], map_=MAPPED, stage=None, dates="")
    found = said(capsys, funnel, by="source")

    assert (made["rows"], made["created"], made["rejected"]) == (8800, 8000, 1)
    assert made["reasons"] == {"won before first contact": 1}
    with Path(made["rejects_files"][0]).open(encoding="utf-8-sig") as file:
        (reject,) = csv.DictReader(file)
    assert reject["mql_id"] == "lead-00007"
    assert "before the first contact" in reject["rejected_reason"]

    stages = {one["stage"]: one for one in found["stages"]}
    assert {name: one["entered"] for name, one in stages.items()} == {
        "known": 8000, "engaged": 8000, "mql": 8000, "sal": 799, "sql": 799,
        "opportunity": 799, "customer": 799,
    }  # fmt: skip
    assert {name: one["implied"] for name, one in stages.items()} == {
        "known": 8000, "engaged": 8000, "mql": 0, "sal": 799, "sql": 0, "opportunity": 799,
        "customer": 0,
    }  # fmt: skip
    assert (found["won"], found["overall_conversion"]) == (799, round(799 / 8000, 4))
    assert stages["mql"]["conversion"] == round(799 / 8000, 4)
    parts = {part["value"]: part["funnel"] for part in found["parts"]}
    assert {name: part["won"] for name, part in parts.items()} == by_source
    with database.connect() as connection:
        took = connection.scalar(
            text(
                "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM customer_at "
                "- mql_at)) / 86400 FROM funnel_unit WHERE customer_at IS NOT NULL"
            )
        )
        faults = connection.scalar(text("SELECT count(*) FROM funnel_unit WHERE sql_at < mql_at"))
        assert connection.scalar(text("SELECT sum(amount) FROM funnel_unit")) == pytest.approx(
            799 * 1200.50
        )
        nobody = "SELECT (SELECT count(*) FROM lead) + (SELECT count(*) FROM relay_message)"
        assert connection.scalar(text(nobody)) == 0
    assert float(took or 0) == pytest.approx(statistics.median(spans))
    assert faults == 1

    again = said(capsys, import_history, [first, second], map_=MAPPED, stage=None, dates="")
    assert (again["created"], again["updated"]) == (0, 8000)
    assert said(capsys, funnel, by="source") == found


def test_moves_one_by_one_and_rows_that_contradict_each_other(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """What can't be true is handed back with the reason; nothing of it is guessed."""
    rows = [
        "a,Marketing Qualified,2026-01-05T10:00:00+09:00",
        "a,SQL,2026-01-09",
        "a,Closed Won,2026-02-01",
        "b,MQL,2026-01-06",
        "b,Closed Won,2026-01-20",
        "b,Closed Won,2026-01-25",
        "c,Negotiating,2026-01-06",
        "d,MQL,",
        "d,SQL,soon",
        "e,MQL,2026-01-06",
        "e,Won,2026-01-20",
        "e,Lost,2026-01-22",
        ",MQL,2026-01-06",
        "f,MQL,2026-01-06",
        "f,Lost,2026-01-26",
    ]
    moves = write(folder / "moves.csv", "Lead ID,Stage,Entered at", rows)

    made = said(capsys, import_history, [moves], map_=None, stage=None, dates="")
    found = said(capsys, funnel)

    assert made["reasons"] == {
        "won twice": 2, "unknown stage": 1, "no time": 1, "no day": 1, "won and lost": 2,
        "no id": 1,
    }  # fmt: skip
    assert made["created"] == 4
    assert [one["entered"] for one in found["stages"]] == [4, 4, 4, 1, 1, 1, 1]
    assert found["won"] == 1
    assert found["stages"][2]["faults"] == 0

    named = said(
        capsys, import_history, [moves], map_=None, stage=["Negotiating=opportunity"], dates=""
    )
    assert named["created"] == 1


def test_money_and_times_that_nobody_can_read_are_handed_back(
    folder: Path, database: Engine, capsys: pytest.CaptureFixture[str]
) -> None:
    """A row in a thousand is typed wrongly: it fails neither the file nor makes a wrong sum."""
    rows = [
        'fine,2026-01-05T23:30:00-05:00,2026-02-01,"1,234.5",',
        "sign,2026-01-05,2026-02-01,€ 900,",
        "named,2026-01-05,2026-02-01,700,usd",
        "offset,2026-01-05T10:00:00+99:00,,,",
        "before,0001-01-01T00:30:00+14:00,,,",
        "hour,2026-01-05 25:00,,,",
        "euro,2026-01-05,2026-02-01,100,EURO",
        "minus,2026-01-05,2026-02-01,(120),",
        "yen,2026-01-05,2026-02-01,¥100,",
        "parts,2026-01-05,2026-02-01,1.234567,",
    ]
    sales = write(folder / "sales.csv", "id,mql,won,amount,currency", rows)

    made = said(capsys, import_history, [sales], map_=None, stage=None, dates="")

    assert (made["created"], made["reasons"]) == (3, {"no day": 3, "no amount": 4})
    kept = """
        SELECT amount, currency FROM funnel_unit WHERE amount IS NOT NULL ORDER BY amount
        """
    with database.connect() as connection:
        found = [(str(amount), currency) for amount, currency in connection.execute(text(kept))]
    assert found == [("700.00", "USD"), ("900.00", "EUR"), ("1234.50", "USD")]


def test_what_nobody_can_tell_is_asked_for(folder: Path) -> None:
    days = write(folder / "days.csv", "id,mql", ["a,5/6/2026", "b,7/8/2026"])
    with pytest.raises(Invalid, match="May or June"):
        import_history([days], map_=None, stage=None, dates="")
    with pytest.raises(Invalid, match="no field 'colour'"):
        import_history([days], map_=["mql=colour"], stage=None, dates="")
    with pytest.raises(Invalid, match="no column 'won'"):
        import_history([days], map_=["won=won"], stage=None, dates="")
    other = write(folder / "other.csv", "name,won", ["a,2026-07-01"])
    with pytest.raises(Invalid, match=r"no column of other\.csv joins it"):
        import_history([days, other], map_=None, stage=None, dates="mdy")
