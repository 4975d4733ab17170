"""What people see of scoring: the forecast of new rules, their progress, and a lead's points."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine, text
from typer.testing import Result

from cli import cadence
from cli.errors import UserError
from store.scoring import scoring_runs
from store.scoring.engagement import LeadActivity, record
from tests.cli.conftest import SCORING
from tests.cli.terminal import outcome

GENEROUS = SCORING.replace("points: 10", "points: 40")
NOBODY_YET = "There are no new rules in these files that would change leads."


@pytest.fixture
def rules(folder: Path) -> Path:
    """The scoring file of a checkout."""
    return folder / "cadences/scoring.yaml"


def run(*arguments: str, typed: str = "", exit_code: int = 0) -> Result:
    """What a ``cadence`` command did; a refusal is raised."""
    return outcome(cadence.app, *arguments, typed=typed, exit_code=exit_code)


def nurture_leads_that_clicked(database: Engine, leads: int, clicks: int) -> None:
    """Make leads in nurture, the first ``clicks`` of which have clicked just now."""
    now = datetime.now(UTC)
    with database.begin() as connection:
        ids = connection.execute(
            text(
                "INSERT INTO lead (email, email_key, stage, phase, cycle) "
                "SELECT n || '@b.example', n || '@b.example', 'known', 'Nurture', 1 "
                "FROM generate_series(1, :leads) AS n RETURNING id"
            ),
            {"leads": leads},
        ).scalars()
        clicked = [
            LeadActivity(f"click:{one}", "click", now, lead_id=one)
            for one, _ in zip(ids, range(clicks), strict=False)
        ]
        record(connection, clicked, now)


def count(database: Engine, query: str) -> int:
    with database.connect() as connection:
        found: int = connection.execute(text(query)).scalar_one()
    return found


def versions_and_runs(database: Engine) -> tuple[int, int, int]:
    return (
        count(database, "SELECT count(*) FROM policy_version"),
        count(database, "SELECT count(*) FROM scoring_run"),
        count(database, "SELECT count(*) FROM relay_message WHERE kind = 'rescore'"),
    )


@pytest.fixture
def five_leads(rules: Path, database: Engine) -> Engine:
    """Five leads, of whom three clicked; the rules file is more generous than the rules."""
    run("publish")
    nurture_leads_that_clicked(database, 5, 3)
    rules.write_text(GENEROUS, encoding="utf-8")
    return database


@pytest.mark.usefixtures("database")
def test_who_publishes_a_long_half_life_hears_how_long_events_are_kept(rules: Path) -> None:
    """Disks would fill, and promises about privacy be broken, by a number that nobody thought of as
    one of months."""
    assert "Events are kept" not in run("publish").stdout
    before = next(line for line in SCORING.splitlines() if line.startswith("half_life"))
    rules.write_text(SCORING.replace(before, "half_life: 150 days"), encoding="utf-8")

    assert "Events are kept for 38 months" in run("publish", "--yes").stdout


def test_a_preview_counts_who_would_become_mql_and_changes_nothing(five_leads: Engine) -> None:
    """Marketing tries a number; sales must not feel it."""
    lines = run("publish", "--preview").stdout.splitlines()

    assert " ".join(" ".join(lines[:2]).split()) == (
        "3 leads would be ready for sales (mql or hot). 3 go to sales, 30 an hour: the last of "
        "them in 1 hour."
    )
    assert [line.split() for line in lines[3:7]] == [
        ["known", "2", "2"],
        ["engaged", "3", "0"],
        ["mql", "0", "3"],
        ["hot", "0", "0"],
    ]
    assert lines[-1] == "Nothing was published."
    assert versions_and_runs(five_leads) == (1, 0, 0)
    assert count(five_leads, "SELECT count(*) FROM crossing") == 0


def test_a_preview_says_which_rules_match_nobody_and_which_names_nobody_has(
    five_leads: Engine, rules: Path
) -> None:
    """A misspelt column scores everybody as if it were empty, and nobody sees it."""
    fit = """\
fit:
  - {rule: big, if: number(lead.attributes.employes) > 50, points: 5}
  - {rule: at home, if: lead.country == "KR", points: 5}
  - rule: head count
    value: [number(lead.attributes.employees), number(lead.attributes.headcount)]
    bands: {50: 5}
"""
    rules.write_text(GENEROUS + fit.replace('== "KR"', "== 'KR'"), encoding="utf-8")
    with five_leads.begin() as connection:
        connection.execute(text('UPDATE lead SET attributes = \'{"employees": "n/a"}\''))

    said = " ".join(run("publish", "--preview").stdout.split())

    assert "scoring: no lead has lead.attributes.employes. Did you mean 'employees'?" in said
    assert "headcount" not in said, "of several names one is enough"
    assert "The rule 'big' is matched by 0 leads; it could not be answered for 5 of them." in said
    assert "The rule 'at home' is matched by 0 leads." in said
    assert "The rule 'head count' is matched by 0 leads; it could not be answered for 5" in said


@pytest.mark.parametrize(
    ("phase", "crossed", "said"),
    [
        ("Nurture", 0, "3 go to sales, 30 an hour: the last of them in 1 hour."),
        ("", 0, "3 when their journey begins, at the same pace."),
        ("FollowUp", 0, "3 not now: sales has or had them, they rest, or have ended."),
        ("Nurture", 1, "3 not now: sales has or had them, they rest, or have ended."),
    ],
)
def test_the_preview_s_sentence_says_what_becomes_of_those_in_its_table(
    five_leads: Engine, phase: str, crossed: int, said: str
) -> None:
    """'No lead would become MQL' stood above a table of two thousand."""
    with five_leads.begin() as connection:
        connection.execute(
            text("UPDATE lead SET phase = :phase, crossed_cycle = :crossed"),
            {"phase": phase, "crossed": crossed},
        )

    shown = " ".join(run("publish", "--preview").stdout.split())

    assert f"3 leads would be ready for sales (mql or hot). {said}" in shown
    assert "mql 0 3" in shown


def test_publishing_new_rules_forecasts_and_queues_the_scoring_of_all(five_leads: Engine) -> None:
    """Without a terminal it goes on, for deployments publish too; escalation is paced."""
    said = run("publish").stdout

    assert "3 leads would be ready for sales" in said
    assert "Scoring 5 leads anew in the background; `starter.py cadence scoring`" in said
    assert versions_and_runs(five_leads) == (2, 1, 1)
    again = run("publish").stdout
    assert "MQL" not in again
    assert "anew" not in again
    assert versions_and_runs(five_leads) == (2, 1, 1)


def test_a_person_at_a_terminal_is_asked_and_may_say_no(
    five_leads: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The forecast is there to be thought about; ``--yes`` is for those who have."""
    monkeypatch.setattr(cadence, "_somebody_is_there", lambda: True)

    assert "Nothing was published." in run("publish", typed="n\n", exit_code=1).stdout
    assert versions_and_runs(five_leads) == (1, 0, 0)
    run("publish", "--yes")
    assert versions_and_runs(five_leads) == (2, 1, 1)


@pytest.mark.usefixtures("rules")
def test_the_first_rules_ever_score_the_leads_there_are_without_a_forecast(
    database: Engine,
) -> None:
    """There is nothing to compare with; unscored leads would stay so for ever."""
    nurture_leads = "INSERT INTO lead (email, email_key) VALUES ('a@b.example', 'a@b.example')"
    with database.begin() as connection:
        connection.execute(text(nurture_leads))

    assert NOBODY_YET in run("publish", "--preview").stdout
    said = run("publish").stdout
    assert "MQL" not in said
    assert "Scoring 1 lead anew" in said


def test_without_leads_new_rules_simply_hold(rules: Path, database: Engine) -> None:
    """A fresh deployment that tunes its rules has nothing to wait for."""
    run("publish")
    rules.write_text(GENEROUS, encoding="utf-8")

    assert "anew" not in run("publish").stdout
    assert versions_and_runs(database) == (2, 0, 0)
    assert "never" in run("scoring").stdout


def test_rules_of_an_earlier_perennial_give_way_without_a_forecast(five_leads: Engine) -> None:
    """Their form can't be read any more, and must not keep the new ones out."""
    with five_leads.begin() as connection:
        connection.execute(text("UPDATE policy_version SET definition = '{\"threshold\": 30}'"))

    assert "Scoring 5 leads anew" in run("publish").stdout


def test_ops_see_how_far_the_scoring_is(five_leads: Engine) -> None:
    """Counted, handed over, waiting, since when: or else they ask the database."""
    run("publish")
    assert [" ".join(line.split()[:5]) for line in run("scoring").stdout.splitlines()[1:]] == [
        "Counted anew 0 of 5",
        "Handed to sales 0",
        "Still waiting 0; sales gets",
    ]
    now = datetime.now(UTC)
    with five_leads.begin() as connection:
        started = scoring_runs.newest_run(connection)
        assert started is not None
        counted = scoring_runs.rescore_slice(connection, started, now)
        scoring_runs.escalate(connection, counted, 2, now)

    progress = json.loads(run("scoring", "--json").stdout)
    assert progress["rules"]["version"] == 2
    assert {name: progress["run"][name] for name in ("scored", "handed_over", "waiting")} == {
        "scored": 5,
        "handed_over": 2,
        "waiting": 1,
    }
    with five_leads.begin() as connection:
        scoring_runs.finish_run(connection, counted.id, now + timedelta(hours=1))
    shown = run("scoring").stdout
    assert "all 5 leads" in shown
    assert "nobody, since" in shown
    assert max(map(len, shown.splitlines())) <= 80


@pytest.mark.usefixtures("database")
def test_no_rules_at_all_are_a_sentence() -> None:
    """It says how to publish them."""
    with pytest.raises(UserError, match="No scoring rules are published"):
        run("scoring")
