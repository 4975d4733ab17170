"""Mails over the API: published with the cadences that send them, and tried on oneself."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.web.api.conftest import Api

NAME = "welcome-1-checklist"
FORECAST = "SELECT source FROM policy_version WHERE name = 'scoring' ORDER BY version DESC LIMIT 1"


async def source_of(api: Api, language: str = "en") -> str:
    """A mail as it is published."""
    answer = await api.ask("sdr", "GET", f"/templates/{NAME}?language={language}")
    return str(answer.json()["source"])


async def publish(api: Api, **body: Any) -> Any:
    """Ask for a publication."""
    return await api.ask("marketing", "POST", "/publications", **body)


async def test_a_new_mail_gives_its_cadences_a_new_version(api: Api) -> None:
    """They would go on sending the old mail, and nobody would know why."""
    text = (await source_of(api)).replace("survives until Tuesday", "lives until Tuesday")
    file = {"name": f"{NAME}.en.mjml", "text": text}
    users = api.value(
        "SELECT count(DISTINCT name) FROM cadence_version WHERE jsonb_exists(templates, :name)",
        name=NAME,
    )

    checked = await publish(api, files=[file], only_check=True)
    published = await publish(api, files=[file])
    again = await publish(api, files=[file])

    assert checked.status_code == 200
    assert published.json()["templates"] == [f"{NAME}.en"]
    assert users > 0
    assert len(published.json()["cadences"]) == users
    assert all(one["new"] for one in published.json()["cadences"].values())
    assert again.json()["templates"] == []
    assert not any(one["new"] for one in again.json()["cadences"].values())
    assert "lives until Tuesday" in await source_of(api)
    listed = (await api.ask("ops", "GET", "/templates")).json()["items"]
    assert {"en", "ko"} <= set(next(one for one in listed if one["name"] == NAME)["languages"])


async def test_a_mail_in_a_new_language_waits_until_its_cadence_has_all_of_them(api: Api) -> None:
    """Else a lead's first mail is French and the second English."""
    text = (await source_of(api)).replace('lang="en"', 'lang="fr"')

    done = await publish(api, files=[{"name": f"{NAME}.fr.mjml", "text": text}])

    assert done.json()["templates"] == [f"{NAME}.fr"]
    assert done.json()["cadences"] == {}


async def test_mistakes_in_a_mail_are_told_with_their_place(api: Api) -> None:
    text = (await source_of(api)).replace("lead.first_name", "lead.frist_name")
    wrong = await publish(api, files=[{"name": f"{NAME}.en.mjml", "text": text}])
    part = await publish(api, files=[{"name": "_footer.en.mjml", "text": "<mj-text/>"}])

    assert wrong.status_code == 422
    assert "Did you mean 'lead.first_name'?" in wrong.json()["errors"][0]["message"]
    assert wrong.json()["errors"][0]["line"] > 5
    assert (part.status_code, part.json()["errors"][0]["field"]) == (422, "files[0].name")


async def test_a_check_of_scoring_rules_says_whom_they_would_hand_to_sales(api: Api) -> None:
    """Rules nobody tried hand over hundreds of leads at once."""
    api.lead("jane@acme.example")
    text = f"# other\n{api.value(FORECAST)}"

    checked = await publish(api, files=[{"name": "s.yaml", "text": text}], only_check=True)

    assert checked.json()["forecast"]["leads"] == 1
    assert checked.json()["forecast"]["would_cross"] == 0


async def test_a_test_mail_goes_to_the_address_alone_and_is_no_touch(api: Api) -> None:
    """One that counted, or whose links worked, would spoil what is known of the lead."""
    lead = api.lead("jane@acme.example", first_name="Jane")
    text = (await source_of(api)).replace("Before any software", "Before all software")
    path = f"/cadences/templates/{NAME}/test"

    sent = await api.ask(
        "marketing", "POST", path, address="ops@lindenmoor.example", lead_id=lead, text=text
    )

    assert sent.json()["subject"].startswith("[Test] ")
    assert api.value("SELECT count(*) FROM touch") == 0
    raw = bytes(api.value("SELECT raw FROM outbox_message")).decode()
    assert api.value("SELECT recipient FROM outbox_message") == "ops@lindenmoor.example"
    assert api.value("SELECT touch_key FROM outbox_message").startswith(f"test:{lead}:")
    assert "List-Unsubscribe" not in raw
    assert "/l/" not in raw
    path_on_record = api.value("SELECT path FROM api_change ORDER BY id DESC LIMIT 1")
    assert path_on_record == f"/api{path}"
    kept = api.value("SELECT string_agg(row_to_json(api_change)::text, '') FROM api_change")
    assert "ops@" not in kept


async def test_a_test_mail_that_can_not_go_says_why(api: Api) -> None:
    path = f"/cadences/templates/{NAME}/test"
    api.value(
        "INSERT INTO suppression (email_key, reason, at) "
        "VALUES ('hana@lindenmoor.example', 'bounced', now()) RETURNING 1"
    )

    wrong = await api.ask("marketing", "POST", path, address="me at home")
    never = await api.ask("marketing", "POST", path, address="Hana@lindenmoor.example")
    unknown = await api.ask(
        "marketing", "POST", path, address="ops@lindenmoor.example", language="fr"
    )
    nobody = await api.ask("marketing", "POST", path, address="ops@lindenmoor.example", lead_id=999)
    missing = await api.ask(
        "marketing", "POST", "/cadences/templates/none/test", address="ops@lindenmoor.example"
    )

    answers = [wrong, never, unknown, nobody, missing]
    assert [one.status_code for one in answers] == [422, 409, 200, 404, 404]
    assert api.value("SELECT count(*) FROM outbox_message") == 1


@pytest.mark.parametrize(
    "text",
    [
        '<mj-text><mj-include path="_footer.en.mjml"/>',
        "<mj-text>{% autoescape false %}x{% endautoescape %}</mj-text>",
        "<mj-text>{{ " + "9" * 5000 + " }}</mj-text>",
        "<mj-text>" + "{% if 1 %}" * 150 + "x" + "{% endif %}" * 150 + "</mj-text>",
    ],
)
async def test_the_api_answers_a_broken_template_with_its_problems(api: Api, text: str) -> None:
    """Each of these was answered with 500 and nothing to go by."""
    mail = (
        "---\nsubject: a\npreheader: b\n---\n<mjml><mj-body><mj-section><mj-column>"
        f"{text}</mj-column></mj-section></mj-body></mjml>"
    )
    files = [{"name": "zz-a.en.mjml", "text": mail}]
    answer = await api.ask("marketing", "POST", "/publications", files=files, only_check=True)

    assert answer.status_code == 422
    assert answer.json()["errors"]


async def test_tests_go_to_colleagues_and_not_by_the_hundred(api: Api) -> None:
    """Whoever may write mails could send any text to anybody in the company's name, without end."""
    path = f"/cadences/templates/{NAME}/test"
    api.lead("jane@acme.example")
    for address in ("victim@third-party.example", "jane@acme.example", "x@lindenmoor.example"):
        refused = await api.ask("marketing", "POST", path, address=address)
        assert (refused.status_code, "colleagues only" in refused.text) == (409, True)
    assert (await api.ask("marketing", "POST", path, address="TOMAS@lindenmoor.example")).is_success

    async def one(role: str = "marketing") -> int:
        answer = await api.ask(role, "POST", path, address="ops@lindenmoor.example")
        return answer.status_code

    assert api.value("SELECT count(*) FROM outbox_message") == 1
    api.value(
        "INSERT INTO api_change (by, method, path, at) SELECT 'the marketing', 'POST', "
        f"'/api{path}', now() - interval '1 minute' FROM generate_series(1, 20) RETURNING 1"
    )
    answers = await asyncio.gather(*(one() for _ in range(12)))
    assert answers.count(200) <= 9
    assert answers.count(429) == 12 - answers.count(200)
    later = [await one() for _ in range(12)]
    assert answers.count(200) + later.count(200) == 9
    assert set(later) <= {200, 429}
    assert api.value("SELECT count(*) FROM outbox_message") == 10
    assert await one("admin") == 200
