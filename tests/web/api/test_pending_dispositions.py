"""Dispositions that can be taken back, through the API that the console uses."""

from __future__ import annotations

from tests.web.api.conftest import Api

NOTE = {"disposition": "no_answer", "note": "Reception says mornings"}


async def test_a_user_takes_a_disposition_back_and_a_second_one_hears_who_gave_it(
    api: Api,
) -> None:
    """A slip of the key would send a lead away; two browsers would do one task twice."""
    task = api.task(api.lead("jane@acme.example", "rep-1"), "rep-1")
    path = f"/tasks/{task}/pending-disposition"

    pending = await api.ask_signed_in("sdr", "POST", path, **NOTE)
    second = await api.ask_signed_in("manager", "POST", path, disposition="call_back", note="Mine")
    program = await api.ask("sdr", "POST", f"/tasks/{task}/complete", disposition="no_answer")
    others = await api.ask_signed_in("manager", "DELETE", path)
    back = await api.ask_signed_in("sdr", "DELETE", path)
    late = await api.ask_signed_in("sdr", "DELETE", path)

    assert (pending.status_code, pending.json()["by"]) == (200, "rep-1")
    for refused in (second, program):
        assert refused.status_code == 409
        assert "rep-1 has just done it" in refused.json()["detail"]
    assert "note is kept" in second.json()["detail"]
    assert (others.status_code, late.status_code) == (409, 409)
    assert (back.json()["disposition"], back.json()["note"]) == ("no_answer", NOTE["note"])
    assert api.value("SELECT state FROM task") == "open"
    assert api.value("SELECT count(*) FROM pending_disposition") == 0


async def test_what_a_pending_disposition_lacks_is_told_at_once(api: Api) -> None:
    task = api.task(api.lead("jane@acme.example", "rep-1"), "rep-1")
    theirs = api.task(api.lead("kim@acme.example", "rep-9"), "rep-9")

    path = "/tasks/{}/pending-disposition"
    lacking = await api.ask_signed_in("sdr", "POST", path.format(task), disposition="call_back")
    foreign = await api.ask_signed_in("sdr", "POST", path.format(theirs), **NOTE)
    token = await api.ask("sdr", "POST", path.format(task), **NOTE)

    assert (lacking.status_code, lacking.json()["errors"][0]["field"]) == (422, "at")
    assert foreign.status_code == 404
    assert (token.status_code, "complete the task" in token.json()["detail"]) == (409, True)
    assert api.value("SELECT count(*) FROM pending_disposition") == 0
