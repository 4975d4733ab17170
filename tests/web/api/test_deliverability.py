"""How our senders stand, asked by programs, and letting one go on."""

from __future__ import annotations

from tests.web.api.conftest import Api

STOPPED = (
    "INSERT INTO sender_standing (domain, state, trouble, since, mails, bounced) "
    "VALUES ('stopped.example', 'stopped', 'bounces', now(), 1000, 21) RETURNING domain"
)


async def test_a_stopped_sender_is_shown_and_goes_on_by_order(api: Api) -> None:
    """Its mail would wait for ever, and nobody knew why or who let it go on."""
    api.value(STOPPED)
    found = (await api.ask("marketing", "GET", "/deliverability?days=30")).json()
    (line,) = (one for one in found["standings"] if one["domain"] == "stopped.example")
    assert (line["state"], line["trouble"], line["mails"]) == ("stopped", "bounces", 1000)
    assert sum(one["sent"] for one in found["senders"]) == sum(
        one["sent"] for one in found["receivers"]
    )

    path = "/deliverability/senders/stopped.example/resume"
    assert (await api.ask("sdr", "POST", path)).status_code == 403
    assert (await api.ask("marketing", "POST", path)).status_code == 200
    assert (await api.ask("marketing", "POST", path)).status_code == 409
    missing = await api.ask("ops", "POST", "/deliverability/senders/none.example/resume")
    assert missing.status_code == 404
    assert api.value("SELECT resumed_by <> '' FROM sender_standing WHERE domain LIKE 'stopped.%'")
    kept = "SELECT count(*) FROM api_change WHERE path LIKE '%stopped.example/resume'"
    assert api.value(kept) >= 2
    assert (await api.ask("ops", "GET", "/deliverability/domains")).json() == {"domains": []}
    assert (await api.ask("ops", "GET", "/deliverability?days=91")).status_code == 422
