"""The figures of each day and what has stopped, as programs and warehouses get them."""

from __future__ import annotations

import csv
import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from domain.access import Role
from domain.figures.anomalies import StoppedSeries
from domain.notifications.kinds import NotificationKind
from services import figures_of_days
from services.figures_of_days import export_days
from store.access.api_tokens import Caller
from store.figures import anomalies
from store.figures.refresh import refresh
from store.figures.snapshots import snapshot
from store.notifications.lines import read_lines
from store.notifications.weekly import tell_roles
from tests.support.lead_histories import BEGIN, add_lead, add_moves
from tests.web.api.conftest import Api
from web.api.access import WebContext

DAY = timedelta(days=1)
ADMIN = Caller("x", Role.ADMIN, "")


def keep(api: Api) -> None:
    """A run of the day's figures."""
    with api.database.begin() as connection:
        refresh(connection)
        snapshot(connection, "UTC", datetime.now(UTC))


async def test_days_are_told_with_what_was_restated(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A warehouse reads a day once and would never hear that it changed."""
    with api.database.begin() as connection:
        lead = add_lead(connection, [(1, "known", 0)], source="fair")
    keep(api)
    path = f"/figures/days?from={BEGIN.date()}&to={(BEGIN + 2 * DAY).date()}"
    before = (await api.ask("manager", "GET", f"{path}&subject=source")).json()
    assert [(one["name"], one["measure"], one["value"]) for one in before["rows"]] == [
        ("fair", "known", "1")
    ]
    assert before["restated"] == []
    with api.database.begin() as connection:
        add_moves(connection, lead, [(1, "mql", 0.5)])
    keep(api)

    found = (await api.ask("manager", "GET", path)).json()

    assert found["counted"] == before["counted"] == [str(BEGIN.date()), str((BEGIN + DAY).date())]
    restated = {(one["subject"], one["name"], one["measure"]): one for one in found["restated"]}
    assert restated["stage", "mql", "entered"]["was"] == "0"
    assert restated["stage", "mql", "entered"]["now"] == "1"
    with api.database.begin() as connection:
        connection.execute(
            text("UPDATE figure_snapshot SET replaced_at = now() WHERE subject = 'day'")
        )
    monkeypatch.setattr(figures_of_days, "MOST_RESTATED", 1)
    for own in ("stage", "source"):
        of = (await api.ask("manager", "GET", f"{path}&subject={own}")).json()["restated"]
        assert [one["subject"] for one in of] == [own]
    assert (await api.ask("sdr", "GET", path)).status_code == 403
    for wrong, field in (
        ("/figures/days?from=2020-01-01", "from"),
        ("/figures/days?subject=hope", "subject"),
        ("/figures/days?to=2199-01-01", "to"),
    ):
        refused = await api.ask("manager", "GET", wrong)
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["field"] == field
    answer = await api.ask("manager", "GET", path.replace("days?", "days.csv?"))
    assert answer.text.count("\n") == len(found["rows"]) + 1


def test_a_warehouse_gets_one_file_for_each_table_and_day(api: Api, tmp_path: Path) -> None:
    """What was loaded twice counts twice, what was restated and not written again stays wrong, and
    what changes though nothing did is loaded each night."""
    context = WebContext(api.settings, api.database)
    with api.database.begin() as connection:
        lead = add_lead(connection, [(1, "known", 0), (1, "mql", 1)], source="=fair")
        add_lead(connection, [(1, "known", 1)], source="=fair")
    keep(api)
    begins, ends = BEGIN.date(), (BEGIN + 3 * DAY).date()
    assert export_days(context, ADMIN, tmp_path, begins, ends) == (12, 12)
    assert export_days(context, ADMIN, tmp_path, begins, ends) == (12, 0)
    file = tmp_path / "stage-2026-03-03.csv"
    with file.open(newline="", encoding="utf-8") as lines:
        rows = {(one["stage"], one["kind"]): one for one in csv.DictReader(lines)}
    assert rows["known", "net_new"]["entered"] == "1"
    assert rows["mql", "net_new"]["balance"] == "1"
    with api.database.begin() as connection:
        add_moves(connection, lead, [(1, "sal", 1.2)])
    keep(api)

    # The stages of that day and the next, whose balances follow, and the source of that day.
    assert export_days(context, ADMIN, tmp_path, begins, ends) == (12, 3)

    assert sorted(one.name for one in tmp_path.iterdir())[:2] == [
        "intake-2026-03-02.csv",
        "intake-2026-03-03.csv",
    ]
    assert "'=fair" in (tmp_path / "source-2026-03-02.csv").read_text(encoding="utf-8")
    with api.database.connect() as connection:
        rows_told = connection.scalars(
            text("SELECT count(*) FROM api_change WHERE path = '/api/figures/days'")
        ).one()
    assert rows_told == 3


async def test_who_sees_to_what_has_stopped_is_told_of_it(api: Api) -> None:
    """Marketing hears that a source is silent, ops that a webhook is; nobody twice, and reps of
    neither."""
    now = datetime.now(UTC)
    series = ("source", "web form")
    with api.database.begin() as connection:
        found = anomalies.keep(
            connection, [StoppedSeries(series, 3, 1, 30.4, 1e-9)], {}, date(2026, 3, 2), now
        )
        for _ in range(2):
            tell_roles(connection, (Role.MARKETING, Role.ADMIN), found[0], now)
        told = read_lines(connection, "notification.kind = :kind", kind=NotificationKind.ANOMALY)

    assert len(told) == 2
    listed = (await api.ask("marketing", "GET", "/figures/anomalies")).json()["anomalies"]
    assert [(one["name"], one["seen"], one["days"]) for one in listed] == [("web form", 1, 3)]
    assert (await api.ask("sdr", "GET", "/figures/anomalies")).status_code == 403
    answer = await api.ask_signed_in("marketing", "GET", "/me/notifications")
    shown = json.dumps(answer.json())
    assert "Source web form: 1 in 3 days, about 30 are usual" in shown
    assert "/figures/anomalies" in shown
