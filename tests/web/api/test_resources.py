"""What programs do through the API, and what they are told when it can't be done."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from domain.contracts.webhooks import EVENTS
from tests.web.api.conftest import TEAM, Api

SOON = (datetime.now(UTC) + timedelta(days=2)).replace(microsecond=0)


async def test_a_disposition_is_taken_in_the_name_of_the_rep(api: Api) -> None:
    lead = api.lead("jane@acme.example", "rep-1")
    task = api.task(lead, "rep-1")

    answer = await api.ask(
        "sdr",
        "POST",
        f"/tasks/{task}/complete",
        disposition="call_back",
        at=SOON.astimezone().isoformat(),
        note="On the mobile",
    )

    assert answer.json() == {"task_id": task, "disposition": "call_back", "by": "rep-1"}
    assert api.value("SELECT completed_by FROM task") == "rep-1"
    assert datetime.fromisoformat(api.value("SELECT answer->>'at' FROM task")) == SOON


async def test_a_refused_disposition_tells_what_happened_instead_and_keeps_the_note(
    api: Api,
) -> None:
    """What an SDR wrote after a call would be gone."""
    lead = api.lead("jane@acme.example", "rep-1")
    task = api.task(lead, "rep-1")
    body = {"disposition": "no_answer", "note": "She is on leave until May"}
    assert (await api.ask("manager", "POST", f"/tasks/{task}/complete", **body)).status_code == 200

    answer = await api.ask("sdr", "POST", f"/tasks/{task}/complete", **body)

    assert answer.status_code == 409
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert problem["code"] == "refused"
    assert "the manager has done it" in problem["detail"]
    assert "note is kept" in problem["detail"]
    assert api.value("SELECT answer->'refused'->0->>'note' FROM task") == body["note"]
    assert api.value("SELECT answer->'refused'->0->>'by' FROM task") == "rep-1"


async def test_what_a_disposition_lacks_is_told_with_its_field(api: Api) -> None:
    """Else the program behind a form can't say where the mistake is."""
    task = api.task(api.lead("jane@acme.example", "rep-1"), "rep-1")
    fields = []
    for body in (
        {"disposition": "call_back"},
        {"disposition": "brilliant"},
        {"disposition": "no_answer", "reason": "Not there!"},
        {"disposition": "no_answer", "until": "2099-03-01"},
        {"disposition": "no_answer", "competitor": "acme"},
        {"disposition": "no_answer", "at": "tomorrow"},
        {"disposition": "no_answer", "colour": "red"},
        {"note": "x"},
    ):
        answer = await api.ask("sdr", "POST", f"/tasks/{task}/complete", **body)
        assert answer.status_code == 422
        assert "--" not in answer.text
        fields.append(answer.json()["errors"][0]["field"])

    assert fields == [
        "at",
        "disposition",
        "reason",
        "until",
        "competitor",
        "at",
        "colour",
        "disposition",
    ]


async def test_a_lead_that_is_returned_may_say_when_it_wants_to_be_called(api: Api) -> None:
    """What a lead asked for, told through a CRM, would be forgotten."""
    day = (SOON + timedelta(days=90)).date().isoformat()
    lead = api.lead("jane@acme.example", "rep-1")
    task = api.task(lead, "rep-1", dispositions=["not_interested"])
    body = {"disposition": "not_interested"}

    past = await api.ask("sdr", "POST", f"/tasks/{task}/complete", **body, until="2020-03-02")
    done = await api.ask("sdr", "POST", f"/tasks/{task}/complete", **body, until=day)

    assert (past.status_code, past.json()["errors"][0]["field"]) == (422, "until")
    assert done.status_code == 200
    assert str(api.value("SELECT return_on FROM lead")) == day


async def test_a_task_given_to_somebody_else_takes_its_lead_along(api: Api) -> None:
    lead = api.lead("jane@acme.example", "rep-1")
    task = api.task(lead, "rep-1")

    wrong = await api.ask("manager", "POST", f"/tasks/{task}/reassign", to="rep-77")
    right = await api.ask("manager", "POST", f"/tasks/{task}/reassign", to="rep-2")

    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (409, "to")
    assert right.status_code == 200
    assert api.value("SELECT owner FROM lead") == "rep-2"
    assert api.value("SELECT by FROM assignment") == "the manager"
    assert (await api.ask("sdr", "GET", "/tasks?of=team")).json()["items"][0]["owner"] == "rep-2"


async def test_a_policy_with_mistakes_is_told_line_by_line_and_publishes_nothing(
    api: Api,
) -> None:
    wrong = TEAM.replace("team: asia}", "team: asai}").replace("rep-2", "Rep 2")
    files = [{"name": "team.yaml", "text": wrong}]

    answer = await api.ask("marketing", "POST", "/publications", files=files)

    assert answer.status_code == 422
    errors = answer.json()["errors"]
    assert {one["field"] for one in errors} == {"files[0].text"}
    assert {one["line"] for one in errors} >= {7}
    assert api.value("SELECT max(version) FROM policy_version WHERE name = 'team'") == 2


async def test_a_policy_is_checked_published_and_read_again(api: Api) -> None:
    text = TEAM.replace("Tomas", "Thomas")
    files = [{"name": "team.yaml", "text": text}]

    checked = await api.ask("marketing", "POST", "/publications", files=files, only_check=True)
    before = api.value("SELECT max(version) FROM policy_version WHERE name = 'team'")
    published = await api.ask("manager", "POST", "/publications", files=files)
    source = (await api.ask("sdr", "GET", "/policies/team")).json()["source"]

    assert (checked.status_code, before) == (200, 2)
    assert published.json()["policies"] == {"team": {"version": 3, "new": True}}
    assert source == text
    names = [one["name"] for one in (await api.ask("ops", "GET", "/cadences")).json()["items"]]
    assert "welcome-nurture" in names
    assert (await api.ask("ops", "GET", "/cadences/welcome-nurture")).json()["version"] == 1


async def test_a_check_of_a_mail_tells_what_harms_it(api: Api) -> None:
    """What is no mistake is published unseen, and filters stop the mail."""
    text = (
        "---\nsubject: A\npreheader: B\n---\n"
        '<mjml lang="en"><mj-include path="_head.mjml" /><mj-body><mj-section><mj-column><mj-text>'
        '<p><a href="https://bit.ly/x">Here</a></p></mj-text></mj-column></mj-section>'
        '<mj-include path="_footer.en.mjml" /></mj-body></mjml>'
    )
    files = [{"name": "spring.en.mjml", "text": text}]

    checked = await api.ask("marketing", "POST", "/publications", files=files, only_check=True)

    assert checked.status_code == 200
    told = checked.json()["warnings"]
    assert [(one["file"], one["line"]) for one in told] == [("spring.en.mjml", 5)]
    assert "bit.ly hides where the link leads" in told[0]["message"]


async def test_mail_is_stopped_and_allowed_again_with_who_said_so(api: Api) -> None:
    lead = api.lead("jane@acme.example", "rep-1")

    stopped = await api.ask("sdr", "PUT", f"/suppressions/{lead}", reason="asked on the phone")
    allowed = await api.ask(
        "marketing", "POST", f"/suppressions/{lead}/permit", evidence="a letter"
    )
    api.value(
        "INSERT INTO suppression (email_key, reason, at) "
        "VALUES ('jane@acme.example', 'complained', now()) RETURNING 1"
    )
    never = await api.ask("marketing", "POST", f"/suppressions/{lead}/permit", evidence="a letter")

    assert stopped.json()["reason"] == "manual"
    assert allowed.json()["reason"] == ""
    assert never.status_code == 409
    assert (
        api.value("SELECT string_agg(evidence, ', ' ORDER BY id) FROM consent_record")
        == "asked on the phone (by rep-1), a letter (by the marketing)"
    )


async def test_a_parked_lead_is_woken_rested_longer_and_retired(api: Api) -> None:
    values = {"phase": "Recycle", "phase_reason": "lost", "stage": "recycled"}
    lead = api.lead("jane@acme.example", "rep-1", **values)
    active = api.lead("jon@acme.example", "rep-1")

    listed = (await api.ask("sdr", "GET", "/recycle?reason=lost")).json()["items"]
    day = (SOON + timedelta(days=30)).date().isoformat()
    answers = [
        await api.ask("marketing", "POST", f"/recycle/{lead}/extend", until=day),
        await api.ask("marketing", "POST", f"/recycle/{lead}/extend", until="2020-01-01"),
        await api.ask("marketing", "POST", f"/recycle/{lead}/reactivate"),
        await api.ask("marketing", "POST", f"/recycle/{lead}/close-out"),
        await api.ask("marketing", "POST", f"/recycle/{active}/reactivate"),
    ]

    assert [one["id"] for one in listed] == [lead]
    assert [answer.status_code for answer in answers] == [200, 409, 200, 200, 409]
    assert answers[1].json()["errors"][0]["field"] == "until"


async def test_an_account_is_held_out_of_marketing_by_the_team_that_has_it(api: Api) -> None:
    ours, theirs = api.account("Acme"), api.account("Other")
    lead = api.lead("jane@acme.example", "rep-2", account_id=ours)
    api.lead("jon@acme.example", "rep-9", account_id=ours)
    api.lead("jon@other.example", "rep-9", account_id=theirs)

    kept_out = await api.ask("sdr", "POST", f"/accounts/{ours}/do-not-market", reason="in talks")
    by_manager = await api.ask(
        "manager", "POST", f"/accounts/{theirs}/do-not-market", reason="in talks"
    )
    assert by_manager.json()["account"]["do_not_market_by"] == "the manager"
    hidden = await api.ask("sdr", "POST", f"/accounts/{theirs}/do-not-market", reason="in talks")

    assert kept_out.json()["account"]["do_not_market_by"] == "rep-1"
    assert [one["id"] for one in kept_out.json()["leads"]] == [lead]
    assert hidden.status_code == 404
    released = await api.ask("sdr", "POST", f"/accounts/{ours}/release")
    assert released.json()["account"]["do_not_market"] is False


async def test_a_sale_is_opened_shown_and_closed_only_with_its_task(api: Api) -> None:
    lead = api.lead("jane@acme.example", "rep-1")

    opened = await api.ask("sdr", "POST", "/opportunities", lead_id=lead, name="Second site")
    sale = opened.json()["id"]
    early = await api.ask("sdr", "POST", f"/opportunities/{sale}/close", outcome="won")
    api.task(lead, "rep-1", "opportunity", opportunity_id=sale, dispositions=["advanced", "won"])
    moved = await api.ask(
        "sdr", "POST", f"/opportunities/{sale}/advance", learned={"budget": "50k a year"}
    )

    assert (opened.status_code, early.status_code, moved.status_code) == (201, 409, 200)
    shown = (await api.ask("ops", "GET", f"/opportunities/{sale}")).json()
    assert shown["qualification"] == {"budget": "50k a year"}
    listed = (await api.ask("sdr", "GET", "/opportunities?state=open")).json()["items"]
    assert [one["id"] for one in listed] == [sale]


async def test_sales_come_in_pages_and_an_sdr_sees_the_team_s(api: Api) -> None:
    """A year's sales in one answer would be read whole for each look; others' are not the SDR's."""
    ours, theirs = api.lead("jane@acme.example", "rep-1"), api.lead("jon@acme.example", "rep-9")
    first, second, third = [
        (await api.ask("manager", "POST", "/opportunities", lead_id=lead, name="Depot")).json()[
            "id"
        ]
        for lead in (ours, theirs, ours)
    ]

    begun = (await api.ask("ops", "GET", "/opportunities?limit=2")).json()
    path = f"/opportunities?limit=2&cursor={begun['next_cursor']}"
    ended = (await api.ask("ops", "GET", path)).json()
    seen = (await api.ask("sdr", "GET", "/opportunities")).json()

    assert [one["id"] for one in begun["items"]] == [third, second]
    assert ([one["id"] for one in ended["items"]], ended["next_cursor"]) == ([first], None)
    assert [one["id"] for one in seen["items"]] == [third, first]
    assert not seen["items"][0]["stalled"]


async def test_a_sale_lost_to_a_competitor_says_to_which(api: Api) -> None:
    """Nobody could say against whom sales loses; what a program said of it was dropped."""
    lead = api.lead("jane@acme.example", "rep-1")
    sale = (await api.ask("sdr", "POST", "/opportunities", lead_id=lead, name="Depot")).json()["id"]
    api.task(lead, "rep-1", "opportunity", opportunity_id=sale, dispositions=["lost"])
    lost = {"outcome": "lost", "reason": "competitor"}

    unnamed = await api.ask("sdr", "POST", f"/opportunities/{sale}/close", **lost)
    named = await api.ask(
        "sdr", "POST", f"/opportunities/{sale}/close", **lost, competitor="acme_tools"
    )

    assert (unnamed.status_code, named.status_code) == (422, 200)
    assert "Lost to which competitor?" in unnamed.json()["detail"]
    shown = (await api.ask("ops", "GET", f"/opportunities/{sale}")).json()
    assert (shown["competitor"], shown["qualification"]) == ("acme_tools", {})


async def test_time_off_is_noted_and_taken_back(api: Api) -> None:
    body = {"until": SOON.isoformat(), "reason": "holiday"}

    noted = await api.ask("manager", "POST", "/team/rep-2/absences", **body)
    twice = await api.ask("manager", "POST", "/team/rep-2/absences", **body)
    away = (await api.ask("sdr", "GET", "/team")).json()["items"]
    back = await api.ask("manager", "DELETE", "/team/rep-2/absences/current")

    assert (noted.status_code, twice.status_code, back.status_code) == (201, 409, 200)
    assert {rep["code"]: bool(rep["back_at"]) for rep in away}["rep-2"] is True


async def test_an_endpoint_is_added_once_its_secret_told_once_and_its_log_kept(api: Api) -> None:
    url = "https://crm.example/hook"
    added = await api.ask("admin", "POST", "/webhooks/endpoints", url=url, events=list(EVENTS)[:1])
    twice = await api.ask("admin", "POST", "/webhooks/endpoints", url=url)
    wrong = await api.ask("admin", "POST", "/webhooks/endpoints", url=f"{url}2", events=["lead.x"])
    near = [
        await api.ask("admin", "POST", "/webhooks/endpoints", url=bad)
        for bad in (
            "http://crm.example/",
            "https://127.0.0.1/",
            "https://[::ffff:10.0.0.1]/",
            "https://169.254.169.254/latest",
            "https://me:secret@crm.example/",
            "ftp://crm.example/",
        )
    ]

    assert added.status_code == 201
    assert added.json()["secret"].startswith("whsec_")
    assert (twice.status_code, wrong.status_code) == (409, 422)
    assert wrong.json()["errors"][0]["field"] == "events"
    assert [answer.status_code for answer in near] == [422] * len(near)
    listed = await api.ask("admin", "GET", "/webhooks/endpoints")
    assert "whsec_" not in listed.text
    assert [one["url"] for one in listed.json()["items"]] == [url]
    removed = await api.ask("admin", "POST", "/webhooks/endpoints/remove", url=url)
    missing = await api.ask("admin", "POST", "/webhooks/deliveries/1/resend")
    assert (removed.status_code, missing.status_code) == (200, 409)
    assert (await api.ask("admin", "GET", "/webhooks/deliveries")).json()["items"] == []


async def test_a_body_that_is_no_json_and_a_path_that_is_none_are_problems_too(api: Api) -> None:
    nowhere = await api.ask("ops", "GET", "/nowhere")
    strange = await api.ask("ops", "PATCH", "/leads")
    letters = await api.ask("ops", "GET", "/leads/jane")

    codes = [(one.status_code, one.json()["code"]) for one in (nowhere, strange, letters)]
    assert codes == [(404, "not_found"), (405, "method_not_allowed"), (422, "invalid")]
    assert letters.json()["errors"][0]["field"] == "lead_id"


async def test_sales_steers_marketing_over_the_api(api: Api) -> None:
    """What the command line offers a manager, a CRM could not do."""
    account = api.account("Acme")
    recycled = api.lead("jane@acme.example", "rep-1", phase="Recycle", account_id=account)
    calling = api.lead("ada@acme.example", "rep-1", phase="FollowUp", account_id=account)
    cold = api.lead("new@acme.example", phase="", account_id=account)
    at = f"/accounts/{account}"
    spring = (SOON + timedelta(days=90)).date().isoformat()

    unknown = await api.ask("manager", "POST", f"{at}/play", cadence="no-such")
    scheduled = await api.ask("manager", "GET", f"{at}/scheduled")
    forecast = await api.ask("manager", "GET", "/recycle/forecast")
    day = await api.ask("manager", "POST", f"/recycle/{recycled}/until", until=spring)
    past = await api.ask("manager", "POST", f"/recycle/{recycled}/until", until="2001-03-02")
    back = await api.ask("manager", "POST", f"/recycle/{recycled}/return-to", cadence="no-such")
    called = await api.ask("manager", "POST", "/leads/prospects", leads=[str(cold), str(calling)])

    assert (unknown.status_code, back.status_code) == (409, 409)
    assert "no-such" in unknown.text
    assert (scheduled.status_code, scheduled.json()["items"]) == (200, [])
    assert forecast.status_code == 200
    assert (day.status_code, past.status_code) == (200, 409)
    assert str(api.value("SELECT return_on FROM lead WHERE id = :id", id=recycled)) == spring
    assert called.json()["queued"] == [cold]
    assert [name for name, _ in called.json()["refused"]] == [str(calling)]


async def test_what_no_database_keeps_is_told_as_a_mistake(api: Api) -> None:
    """A stray NUL in somebody's CRM, or a number of thirty digits: "Internal Server Error" would
    have them ask again for ever."""
    huge = "9" * 30
    answers = [
        await api.ask("admin", "GET", "/leads?stage=%00"),
        await api.ask("admin", "GET", f"/leads?account={huge}"),
        await api.ask("admin", "POST", "/tokens", name="a\0b", role="ops"),
    ]
    assert [(one.status_code, one.json()["code"]) for one in answers] == [(422, "invalid")] * 3
    assert "NUL" in answers[0].json()["detail"]


async def test_an_sdr_plays_a_cadence_for_leads_of_the_own_team(api: Api) -> None:
    """Else it moves, and is told the names of, leads that it must not even see."""
    account = api.account("Acme")
    ours = api.lead("ours@acme.example", "rep-2", phase="Nurture", account_id=account)
    theirs = api.lead("theirs@acme.example", "rep-9", phase="Nurture", account_id=account)
    at = f"/accounts/{account}/play"

    done = (await api.ask("sdr", "POST", at, cadence="recycle-reentry")).json()
    assert [one["id"] for one in done["started"] + done["left_alone"]] == [ours]
    signals = (
        "SELECT string_agg(workflow_id, ' ') FROM relay_message WHERE workflow_id <> 'sales-sweep'"
    )
    told = api.value(signals)
    assert told == f"lead-{ours}"
    done = (await api.ask("manager", "POST", at, cadence="recycle-reentry")).json()
    assert {one["id"] for one in done["started"]} == {ours, theirs}
