"""What programs do about a rep's list: put tasks off, look at the mail after a call, dial, and see
what a change would do before it is made."""

from __future__ import annotations

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit

from pydantic import SecretStr

from domain.checking.policies import read_policy
from settings import ROOT
from store.published.policies import publish_policy
from tests.web.api.conftest import Api
from web.app import create_app

NOW = datetime.now(UTC).replace(microsecond=0)
TEMPLATE = "https://phone.example/call?to={phone}&t={task}&r={rep}&x={expires}&s={signature}"
SECRET = "a secret of the tests, 0123456789"


def calls(api: Api, number: int, **values: Any) -> list[int]:
    """Calls of rep-1, each of a lead of its own."""
    return [
        api.task(
            api.lead(
                f"jane{one}@acme.example", "rep-1", first_name="Jane", phone="+44 20 7183 8750"
            ),
            "rep-1",
            due_at=NOW + timedelta(hours=4),
            **values,
        )
        for one in range(number)
    ]


async def test_a_task_is_put_off_within_its_deadline_and_brought_back(api: Api) -> None:
    (task,) = calls(api, 1)
    until = (NOW + timedelta(hours=2)).isoformat()

    late = await api.ask(
        "sdr", "POST", f"/tasks/{task}/snooze", until=(NOW + timedelta(hours=5)).isoformat()
    )
    done = await api.ask("sdr", "POST", f"/tasks/{task}/snooze", until=until)
    awake = (await api.ask("sdr", "GET", "/tasks?snoozed=false&kind=call")).json()["items"]
    listed = (await api.ask("sdr", "GET", "/tasks?kind=call")).json()["items"]
    other = (await api.ask("sdr", "GET", "/tasks?kind=qualify")).json()["items"]
    back = [(await api.ask("sdr", "DELETE", f"/tasks/{task}/snooze")).json() for _ in range(2)]

    assert late.status_code == 422
    assert late.json()["errors"][0]["field"] == "until"
    assert done.status_code == 200
    assert (awake, other) == ([], [])
    assert datetime.fromisoformat(listed[0]["snoozed_until"]) == NOW + timedelta(hours=2)
    assert [one["detail"].endswith("is back.") for one in back] == [True, False]


async def test_several_tasks_are_put_off_after_a_look(api: Api) -> None:
    """A manager would put off what is late, and hear of it from the customer."""
    one, two, late = calls(api, 3)
    api.value(
        "UPDATE task SET due_at = :due WHERE id = :id RETURNING 1",
        due=NOW - timedelta(hours=1),
        id=late,
    )
    body = {"tasks": [one, two, late], "until": (NOW + timedelta(hours=1)).isoformat()}

    looked = await api.ask("manager", "POST", "/tasks/snooze", only_check=True, **body)
    untouched = api.value("SELECT count(*) FROM task WHERE snoozed_until IS NOT NULL")
    done = await api.ask("manager", "POST", "/tasks/snooze", **body)

    assert untouched == 0
    assert looked.json() == done.json()
    assert [bool(task["until"]) for task in done.json()["tasks"]] == [True, True, False]
    assert "do it now" in done.json()["tasks"][2]["refused"]
    assert api.value("SELECT count(*) FROM task WHERE snoozed_until IS NOT NULL") == 2
    assert api.value("SELECT count(*) FROM api_change WHERE path = '/api/tasks/snooze'") == 1


async def test_giving_leads_away_is_looked_at_first(api: Api) -> None:
    calls(api, 2)
    leads = [1, 2]

    looked = await api.ask(
        "manager", "POST", "/team/reassign", leads=leads, to="rep-2", only_check=True
    )
    refused = await api.ask(
        "manager", "POST", "/team/reassign", leads=leads, to="nobody", only_check=True
    )

    (would,) = looked.json()["would_get"]
    assert (would["to"], would["leads"], would["tasks"]) == ("rep-2", 2, 2)
    assert refused.status_code == 409
    assert api.value("SELECT count(*) FROM lead WHERE owner = 'rep-1'") == 2


async def test_the_mail_after_a_call_is_read_and_decided_with_the_disposition(api: Api) -> None:
    """An SDR would send a lead it has just spoken to "I tried to call you"."""
    one, two, three = calls(api, 3)
    shown = (await api.ask("sdr", "GET", f"/tasks/{one}/mail?disposition=no_answer")).json()
    none = await api.ask("sdr", "GET", f"/tasks/{one}/mail?disposition=not_interested")

    def complete(task: int, disposition: str, **mail: Any) -> Any:
        path = f"/tasks/{task}/complete"
        return api.ask("sdr", "POST", path, disposition=disposition, mail=mail)

    wrong = await complete(one, "no_answer", text="{{ lead.shoe_size }}")
    tag = await complete(one, "no_answer", text="{% set a = 1 %}")
    both = await complete(one, "no_answer", skip=True, text="Hi")
    nothing = await complete(one, "not_interested", skip=True)
    changed = await complete(one, "no_answer", text="Hello {{ lead.first_name }}")
    skipped = await complete(two, "no_answer", skip=True)

    assert shown["subject"] == "I tried to call you"
    assert shown["words"].startswith("Hi Jane,")
    assert shown["words"] in shown["text"].replace("\n\nChoose a time: ", "\n\n") or shown["text"]
    assert shown["recipient"] == "jane0@acme.example"
    assert none.status_code == 404
    for answer in (wrong, tag, both, nothing):
        assert answer.status_code == 422, answer.text
        assert answer.json()["errors"][0]["field"] == "mail"
    assert "shoe_size" in wrong.text
    assert (changed.status_code, skipped.status_code) == (200, 200)
    kept = "SELECT answer->'mail' FROM task WHERE id = :id"
    assert api.value(kept, id=one) == {"text": "Hello {{ lead.first_name }}"}
    assert api.value(kept, id=two) == {"skip": True}
    api.value(
        "INSERT INTO suppression (email_key, reason, at) "
        "VALUES ('jane2@acme.example', 'unsubscribed', now()) RETURNING 1"
    )
    stopped = await api.ask("sdr", "GET", f"/tasks/{three}/mail?disposition=no_answer")
    assert stopped.json()["stopped"] == "unsubscribed"


async def test_what_to_say_is_in_the_lead_s_language_with_times_marked_as_theirs(
    api: Api,
) -> None:
    """A rep would offer one o'clock and mean another one."""
    source = (ROOT / "cadences" / "content.yaml").read_text(encoding="utf-8")
    content, problems = read_policy(source, "content.yaml")
    assert content, problems
    with api.database.begin() as connection:
        publish_policy(connection, source, content)
    tasks = [
        api.task(
            api.lead(
                f"{language}@acme.example",
                "rep-1",
                first_name="Jane",
                last_name="Berg",
                language=language,
                time_zone="Asia/Seoul",
                title=title,
            ),
            "rep-1",
        )
        for language, title in (("fr", "Owner"), ("ko", "Fitter"))
    ]

    english, korean = [
        (await api.ask("sdr", "GET", f"/tasks/{task}/talk-track")).json() for task in tasks
    ]

    assert (english["name"], english["language"]) == ("First call, whoever decides", "en")
    assert english["lines"][0].startswith("Hello Jane, this is Hana Lindqvist.")
    assert english["lines"][-1].count("(their time)") == 2
    assert (korean["name"], korean["language"]) == ("First call", "ko")
    assert korean["lines"][0].startswith("Jane Berg님, 안녕하세요.")
    assert [one["name"] for one in korean["snippets"]][1:] == ["The checklist", "Two times"]


async def test_a_softphone_is_opened_by_an_address_that_it_can_check(api: Api) -> None:
    """Anybody could have a softphone call any number in a rep's name."""
    (task,) = calls(api, 1)
    without = await api.ask("sdr", "GET", f"/tasks/{task}/dial")
    set_up = {"dial_url": TEMPLATE, "dial_secret": SecretStr(SECRET)}
    api.app = create_app(api.settings.model_copy(update=set_up))

    address = (await api.ask("sdr", "GET", f"/tasks/{task}/dial")).json()["url"]
    sees_none = await api.ask("ops", "GET", f"/tasks/{task}/dial")

    assert without.status_code == 409
    assert sees_none.status_code == 403
    asked = {name: value for name, (value,) in parse_qs(urlsplit(address).query).items()}
    signed = "\n".join(asked[name] for name in ("to", "t", "r", "x"))
    assert (asked["to"], asked["t"], asked["r"]) == ("+442071838750", str(task), "rep-1")
    assert asked["s"] == hmac.new(SECRET.encode(), signed.encode(), hashlib.sha256).hexdigest()
    assert 200 < int(asked["x"]) - datetime.now(UTC).timestamp() <= 300
