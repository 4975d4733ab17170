"""Scoring, content, wins and losses as programs ask for them."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest
from sqlalchemy import text

from domain.checking.policies import read_policy
from domain.rules.policy import PolicyFile
from settings import ROOT
from store.published.policies import publish_policy
from tests.store.figures.leak_world import rest
from tests.store.figures.scoring_world import cross, deal, does, is_sent
from tests.support.lead_histories import add_lead
from tests.web.api.conftest import Api

MARCH = "from=2026-03-01&to=2026-04-01"


def some_policy(source: str) -> PolicyFile:
    """A policy that must be right."""
    policy, problems = read_policy(source, "x")
    assert policy is not None, problems
    return policy


def some(api: Api) -> None:
    """Forty leads of a rep and five of another team: those that looked at prices are accepted, and
    two of three won."""
    with api.database.begin() as connection:
        for name in ("scoring", "content"):
            source = (ROOT / "cadences" / f"{name}.yaml").read_text(encoding="utf-8")
            publish_policy(connection, source, some_policy(source))
        for number in range(45):
            accepted = number % 2 == 0
            moves = [(1, "known", 0.0), (1, "mql", 1.0), *([(1, "sal", 15.0)] if accepted else [])]
            lead = add_lead(
                connection,
                moves,
                owner="rep-9" if number >= 40 else "rep-1",
                fit="A",
                fit_points=55,
                country="KR" if number % 3 else "DE",
            )
            cross(connection, lead, 1, "A1" if accepted else "C2", 70 if accepted else 32)
            if accepted:
                does(connection, lead, 9, rule="looked at prices", points=12, path="/pricing")
            is_sent(connection, lead, 9, "welcome")
            deal(connection, lead, 15, 20, "won" if number % 3 else "lost", reason="price")
        rest(connection, 10, 20, owner="rep-9", reason="lost")


async def asked(api: Api, role: str, path: str, query: str = MARCH) -> Any:
    answer = await api.ask(role, "GET", f"/figures/{path}?{query}")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def test_everybody_sees_all_and_an_sdr_the_teams(api: Api) -> None:
    """An SDR would read how other teams do; and the leads behind a number are no more than the
    number counts."""
    some(api)

    scores = [await asked(api, role, "scoring") for role in ("marketing", "manager", "sdr")]
    deals = [await asked(api, role, "win-loss") for role in ("marketing", "manager", "sdr")]
    seen = [await asked(api, role, "content") for role in ("marketing", "manager", "sdr")]

    assert [one["grades"][0]["leads"] for one in scores] == [45, 45, 40]
    assert [one["looked_at"] for one in scores] == [46, 46, 40]
    assert [one["outcomes"][0]["closed"] for one in deals] == [45, 45, 40]
    assert [one["pool"][0]["leads"] for one in deals if one["pool"]] == [1, 1, 0]
    mails = [one["leads"] for of in seen for one in of["rows"] if one["name"] == "welcome"]
    assert len(mails) == 3
    assert mails[2] < mails[0] == mails[1]
    behind = "figure_from=2026-03-01&figure_to=2026-04-01&figure=graded&figure_at=A1"
    for role, number in (("manager", 23), ("sdr", 20)):
        listed = await api.ask(role, "GET", f"/leads?limit=100&{behind}")
        assert len(listed.json()["items"]) == number
    pool = await api.ask("manager", "GET", "/leads?figure=closed_lost")
    assert [one["owner"] for one in pool.json()["items"]] == ["rep-9"]


async def test_what_a_score_a_rule_and_a_trait_foretell(api: Api) -> None:
    """The same leads by grade, threshold, rule, version and trait."""
    some(api)

    found = await asked(api, "manager", "scoring")
    deals = await asked(api, "manager", "win-loss", f"{MARCH}&by=age")

    assert found["score_area"]["area"] == 1.0
    assert found["suggestion"]["threshold"] == 70
    assert found["thresholds"][0]["recall"] == 1.0
    verdicts = {one["rule"]: one["verdict"] for one in found["rules"]}
    assert (verdicts["looked at prices"], verdicts["started a trial"]) == ("as_meant", "never")
    [version] = found["versions"]
    assert (version["version"], version["leads"], version["reached"]) == (1, 45, 23)
    assert {one["name"]: one["lost"] for one in deals["lost"] if one["split"] == "reason"} == {
        "price": 15
    }
    traits = {one["condition"]: one for one in deals["traits"]}
    assert traits['lead.country == "KR"']["won"] == traits['lead.country == "KR"']["closed"] == 30
    assert 'lead.country == "KR"' in deals["suggested"]
    # Reading is all that was done.
    assert api.value("SELECT max(version) FROM policy_version WHERE name = 'scoring'") == 2


async def test_a_trait_is_asked_already_where_a_rule_reads_it_and_nothing_longer(api: Api) -> None:
    """Rules of ``employees`` hid the suggestion of ``employee``."""
    some(api)
    with api.database.begin() as connection:
        found = """'{"employee": "3", "employees": "30"}'"""
        connection.execute(text(f"UPDATE lead SET attributes = {found}"))

    deals = await asked(api, "manager", "win-loss")

    assert {
        one["condition"]: one["asked_already"]
        for one in deals["traits"]
        if "employee" in one["condition"]
    } == {'lead.attributes.employee == "3"': False, 'lead.attributes.employees == "30"': True}


@pytest.mark.parametrize("path", ["scoring", "content", "win-loss"])
async def test_a_file_has_a_row_for_each_number(api: Api, path: str) -> None:
    """Whoever copies figures by hand copies them wrongly; that they went out is on record."""
    some(api)

    answer = await api.ask("manager", "GET", f"/figures/{path}.csv?{MARCH}")

    rows = list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    told = {
        "scoring": {"grade", "letter", "threshold", "rule", "version"},
        "content": {"mail", "page", "sales"},
        "win-loss": {"outcome", "reason", "competitor", "pool", "trait"},
    }[path]
    assert {row["kind" if path == "content" else "table"] for row in rows} == told
    assert api.value("SELECT path FROM api_change") == f"/api/figures/{path}"


async def test_what_can_not_be_counted_is_refused_where_it_was_entered(api: Api) -> None:
    """A figure of nothing would be believed."""
    for path, field, says in (
        ("/figures/scoring?goal=bought", "goal", "There is no 'bought'"),
        ("/figures/scoring?window=900", "window", "longer than there are data"),
        ("/figures/content?from=2199-01-01", "from", "is in the future"),
        ("/figures/win-loss?by=owner", "by", "There is no 'owner'"),
        ("/leads?figure=graded&figure_at=E1", "figure_at", "There is no 'E1'"),
        ("/leads?figure=closed_lost&figure_at=long", "figure_at", "There is no 'long'"),
    ):
        answer = await api.ask("manager", "GET", path)
        assert answer.status_code == 422, path
        assert says in answer.json()["detail"], path
        assert [one["field"] for one in answer.json()["errors"]] == [field], path


@pytest.mark.parametrize("path", ["scoring", "content", "win-loss"])
async def test_without_any_lead_there_is_a_report_of_nothing(api: Api, path: str) -> None:
    """The page is opened on the first day, too."""
    found = await asked(api, "admin", path, "")
    assert found["begins"] < found["ends"]
