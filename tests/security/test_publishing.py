"""Who sees which leads is decided by those who answer for the teams, however it is published."""

from __future__ import annotations

from typing import Any

import pytest

from domain.access import Role
from settings import ROOT
from tests.web.api.conftest import TEAM, Api, api

__all__ = ["api"]

OTHER = TEAM.replace("tomas@lindenmoor.example, team: emea", "tomas@lindenmoor.example, team: asia")
VERSION = "SELECT max(version) FROM policy_version WHERE name = 'team'"


async def publish(api: Api, role: str, *files: tuple[str, str], **more: Any) -> Any:
    """Ask for a publication of files (name, text)."""
    named = [{"name": name, "text": text} for name, text in files]
    return await api.ask(role, "POST", "/publications", files=named, **more)


def in_force(api: Api, name: str) -> str:
    """A policy as it is published."""
    return str(
        api.value(
            "SELECT source FROM policy_version WHERE name = :name ORDER BY version DESC LIMIT 1",
            name=name,
        )
    )


@pytest.mark.parametrize("file", ["team.yaml", "cadences/other.yaml", "scoring.yaml"])
async def test_marketing_gives_no_rep_the_leads_of_another_team(api: Api, file: str) -> None:
    """An SDR moved into another team reads its leads from the next request on; whatever the file
    is called, and whatever is published with it."""
    lead = api.lead("theirs@acme.example", "rep-9")
    moved = TEAM.replace(
        "hana@lindenmoor.example, team: emea", "hana@lindenmoor.example, team: asia"
    )
    scoring = f"# new\n{in_force(api, 'scoring')}"
    before = api.value("SELECT count(*) FROM policy_version")

    refused = await publish(api, "marketing", ("s.yaml", scoring), (file, moved))

    assert refused.status_code == 403
    assert refused.json()["code"] == "forbidden"
    assert "team" in refused.json()["detail"]
    assert "Nothing was published" in refused.json()["detail"]
    assert api.value("SELECT count(*) FROM policy_version") == before
    assert (await api.ask("sdr", "GET", f"/leads/{lead}")).status_code == 404
    assert (await publish(api, "manager", (file, moved))).status_code == 200
    assert (await api.ask("sdr", "GET", f"/leads/{lead}")).status_code == 200


async def test_marketing_publishes_its_files_with_a_team_that_is_unchanged(api: Api) -> None:
    """Who keeps all files in one folder would not get anything published any more."""
    scoring = f"# new\n{in_force(api, 'scoring')}"
    before = api.value(VERSION)

    done = await publish(api, "marketing", ("scoring.yaml", scoring), ("team.yaml", TEAM))
    checked = await publish(api, "marketing", ("team.yaml", OTHER), only_check=True)

    assert (done.status_code, done.json()["policies"]["scoring"]["new"]) == (200, True)
    # Its half-life is of 10,000 days: whoever pays for the disks must hear of it.
    assert done.json()["events_kept"] == 2500
    assert checked.status_code == 200
    assert api.value(VERSION) == before


async def test_a_manager_publishes_teams_and_nothing_of_marketings(api: Api) -> None:
    """The other half: the funnel's rules are not sales' to change, be it beside a team."""
    scoring = f"# new\n{in_force(api, 'scoring')}"
    before = api.value(VERSION)

    both = await publish(api, "manager", ("team.yaml", OTHER), ("scoring.yaml", scoring))
    assert (both.status_code, api.value(VERSION)) == (403, before)
    assert "scoring" in both.json()["detail"]
    alone = await publish(api, "manager", ("team.yaml", OTHER))
    assert (alone.status_code, api.value(VERSION)) == (200, before + 1)
    for role in ("sdr", "ops"):
        answer = await publish(api, role, ("team.yaml", TEAM), only_check=True)
        assert answer.status_code == 403


@pytest.mark.parametrize("role", list(Role))
async def test_the_sla_is_published_by_those_who_answer_for_the_teams(api: Api, role: str) -> None:
    """Who publishes it says when a lead is taken from a rep and given to another."""
    sla = (ROOT / "cadences" / "sla.yaml").read_text(encoding="utf-8")

    answer = await publish(api, role, ("any.yaml", sla))

    assert answer.status_code == (200 if role in ("manager", "admin") else 403)
    assert (in_force(api, "sla") == sla) == (answer.status_code == 200)


async def test_a_routing_is_tried_before_it_is_published(api: Api) -> None:
    """What it would have done with the leads of the last month; whoever may write it may ask."""
    for number in range(4):
        lead = api.lead(f"came-{number}@acme.example", "rep-1")
        api.value(
            "INSERT INTO assignment (lead_id, owner, cause, at) "
            "VALUES (:lead, 'rep-1', 'routed', now()) RETURNING id",
            lead=lead,
        )
    before = api.value(VERSION)
    only = TEAM + "routing:\n  - {rule: all, to: asia}\n"

    tried = (await publish(api, "marketing", ("team.yaml", only), only_check=True)).json()
    same = (await publish(api, "manager", ("team.yaml", TEAM), only_check=True)).json()

    assert (tried["routing"]["of"], tried["routing"]["leads"]) == (4, 4)
    assert {one["rep"]: one["after"] for one in tried["routing"]["shares"]} == {
        "rep-1": 0,
        "rep-2": 0,
        "rep-9": 4,
    }
    assert same["routing"] is None
    assert api.value(VERSION) == before
