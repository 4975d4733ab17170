"""Enrolling by the API: who may, what is told first, and what a program can read afterwards."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from store.views.lead_search import LeadFilter
from tests.web.api.conftest import Api
from web.api.enrollments import LeadsWanted

WHO_ASKS = {"team", "customers"}
APART = {"lead", "behind"}
"""Leads are named outside of the filter; those behind a figure are chosen in the console."""
PATH = "/cadences/welcome-nurture/enrollments"


def resting(api: Api, number: int, **values: Any) -> int:
    return api.lead(
        f"rests{number}@acme.example", phase="Recycle", stage="recycled", owner="rep-1", **values
    )


async def test_a_dry_run_tells_and_does_nothing(api: Api) -> None:
    """Whoever asks what would happen would have done it."""
    leads = [resting(api, n) for n in range(3)]
    sales = api.lead("sales@acme.example", "rep-1")

    answer = await api.ask("marketing", "POST", PATH, leads=[*leads, sales], dry_run=True)

    would = answer.json()["forecast"]
    assert (would["selected"], would["entering"], would["at_rest"]) == (4, 3, 3)
    assert [(one["why"], one["leads"]) for one in would["stays_out"]] == [("with_sales", 1)]
    assert would["stays_out"][0]["examples"][0]["id"] == sales
    assert sum(one["mails"] for one in would["first_mails"]) == 3
    assert api.value("SELECT count(*) FROM enrollment_run") == 0
    assert api.value("SELECT count(*) FROM api_change") == 0


async def test_a_dry_run_says_who_is_written_to_in_which_language(api: Api) -> None:
    """Else leads would get mails in a language that is not theirs, and nobody had known."""
    leads = [
        resting(api, n, language=language) for n, language in enumerate(("ko", "fr", "fr", ""))
    ]

    answer = await api.ask("marketing", "POST", PATH, leads=leads, dry_run=True)

    would = answer.json()["forecast"]
    assert would["languages"] == {"en": 3, "ko": 1}
    assert would["other_languages"] == {"fr": 2}


async def test_marketing_enrolls_all_that_a_filter_lets_through_and_undoes_it(api: Api) -> None:
    """A program that brings a list could not enroll it, or not take it back."""
    korea = [resting(api, n, country="KR") for n in range(2)]
    resting(api, 9, country="DE")

    asked = {"filter": {"country": ["KR"], "recycled": True}, "per_day": 1, "reason": "fair"}
    run = (await api.ask("marketing", "POST", PATH, **asked)).json()["run"]
    listed = (await api.ask("ops", "GET", "/enrollments")).json()["items"]
    leads = (await api.ask("sdr", "GET", f"/enrollments/{run['id']}/leads")).json()["items"]
    undone = await api.ask("marketing", "DELETE", f"/enrollments/{run['id']}")
    again = await api.ask("admin", "DELETE", f"/enrollments/{run['id']}")

    assert [one["id"] for one in listed] == [run["id"]]
    assert (run["selected"], run["waiting"], run["reason"]) == (2, 2, "fair")
    assert [one["lead_id"] for one in leads] == korea
    assert leads[0]["due_at"] < leads[1]["due_at"]
    assert undone.json() == {"dropped": 2, "going_back": 0, "stay": 0}
    assert (again.status_code, "undone already" in again.text) == (409, True)
    asked_for = (await api.ask("admin", "GET", "/changes")).json()["items"]
    assert [one["path"] for one in asked_for][-1] == f"/api{PATH}"


def test_whatever_narrows_the_list_of_leads_narrows_who_is_enrolled() -> None:
    """A program that reads the members of a segment could not enroll them."""
    narrows = {one.name for one in fields(LeadFilter)} - WHO_ASKS - APART

    assert LeadsWanted.model_fields.keys() == narrows


async def test_what_can_t_be_enrolled_is_told(api: Api) -> None:
    """A programmer would look for the mistake in the wrong place."""
    sales = api.lead("sales@acme.example", "rep-1")
    both = {"leads": [sales], "filter": {}}

    none = await api.ask("marketing", "POST", PATH, leads=[sales])
    neither = await api.ask("marketing", "POST", PATH)
    twice = await api.ask("marketing", "POST", PATH, **both)
    paces = await api.ask("marketing", "POST", PATH, leads=[sales], per_hour=1, per_day=1)
    unknown = await api.ask("marketing", "POST", "/cadences/none/enrollments", leads=[sales])
    nobody = await api.ask("marketing", "POST", PATH, filter={"country": ["XX"]})
    lost = await api.ask("marketing", "GET", "/enrollments/7")

    assert (none.status_code, "None of these leads may enter" in none.text) == (409, True)
    assert [one.status_code for one in (neither, twice, paces, nobody)] == [422] * 4
    assert "not published" in unknown.text
    assert lost.status_code == 404
