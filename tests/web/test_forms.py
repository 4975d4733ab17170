"""Hosted forms, as browsers and programs meet them."""

from __future__ import annotations

import httpx2 as httpx
import pytest
from sqlalchemy import Connection, text

from store.forms.submissions import KeptPage, known_page
from tests.support.entered import enter
from tests.web.conftest import Site, browse
from tests.web.hosted_forms import (
    ADA,
    FORMS,
    PERSON,
    Clock,
    clock,
    events,
    fill,
    forms,
    hidden,
    publish,
)

__all__ = ["clock", "forms"]  # Fixtures.


async def test_what_no_person_looks_at_is_no_view_and_nobody_waits_to_be_counted(
    forms: Site, browser: httpx.AsyncClient
) -> None:
    """A crawler would make a form look as if nobody sent it; and all who open one would wait for
    one another, and for whoever holds the row."""
    people = {"User-Agent": PERSON}
    for headers in ({"User-Agent": "Googlebot/2.1"}, people | {"Sec-Purpose": "prefetch"}, people):
        await browser.get("/f/demo", headers=headers)
    assert forms.rows("SELECT views FROM form_day") == [(1,)]

    with forms.database.begin() as connection:
        count = "SELECT pg_advisory_xact_lock(hashtext('form_day'), hashtext('demo'))"
        connection.execute(text(count))
        assert (await browser.get("/f/demo", headers=people)).status_code == 200
    assert forms.rows("SELECT views FROM form_day") == [(1,)]


async def test_a_form_makes_a_lead_as_a_browser_would_have_told_of_it(
    forms: Site, browser: httpx.AsyncClient, clock: Clock
) -> None:
    """The lead, what it did and where it came from are there at once; mail waits for its word."""
    sent = await fill(
        browser, clock, "/f/demo?utm_source=Google&utm_campaign=Spring", **{"answer.size": "14"}
    )

    assert sent.status_code == 200, sent.text
    assert "Thank you" in sent.text
    assert forms.rows("SELECT email, first_name, source, attributes, phase FROM lead") == [
        ("ada@acme.example", "Ada", "website", {"size": "14"}, "")
    ]
    ((lead, kind, name, detail),) = events(forms)
    assert (lead, kind, name) == (1, "form", "form_submitted")
    assert detail["campaign"] == {"source": "google", "campaign": "spring"}  # type: ignore[index]
    assert detail["properties"]["form"] == "demo"  # type: ignore[index]
    assert forms.rows("SELECT source, campaign FROM campaign_touch") == [("google", "spring")]
    assert forms.rows("SELECT kind FROM relay_message") == [("confirm",)]
    assert forms.rows("SELECT cadence, asks FROM confirmation") == [("welcome-nurture", True)]
    assert forms.rows("SELECT form, state, lead_id FROM form_submission") == [("demo", "taken", 1)]
    assert forms.rows("SELECT views, turned_away FROM form_day") == [(1, 0)]


async def test_the_same_page_counts_once(
    forms: Site, browser: httpx.AsyncClient, clock: Clock
) -> None:
    """A button that is pressed twice, or an answer that was lost, would be two."""
    page = await browser.get("/f/demo")
    clock.now += 10
    once = await browser.post("/f/demo", data=hidden(page) | ADA)
    twice = await browser.post("/f/demo", data=hidden(page) | ADA)
    other = await browser.post(
        "/f/demo", data=hidden(page) | ADA | {"answer.email": "bea@acme.example"}
    )

    assert (once.status_code, twice.status_code, other.status_code) == (200, 200, 409)
    assert len(events(forms)) == 1
    assert 'value="bea@acme.example"' in other.text, "what was typed stands there again"
    clock.now += 10
    again = await browser.post(
        "/f/demo", data=hidden(other) | ADA | {"answer.email": "bea@acme.example"}
    )
    assert again.status_code == 200
    assert len(events(forms)) == 2


async def test_of_two_at_once_from_a_page_one_counts(
    forms: Site, browser: httpx.AsyncClient, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that sends one page many times in the same moment would have a mail sent to each
    address, for leads of which no submission tells."""
    page = await browser.get("/f/demo")
    clock.now += 10
    await browser.post("/f/demo", data=hidden(page) | ADA)
    too_soon = [True]

    def look(connection: Connection, name: str) -> KeptPage | None:
        return None if too_soon.pop() else known_page(connection, name)

    monkeypatch.setattr("web.forms.pages.known_page", look)
    for address, status in (("ada@acme.example", 200), ("bea@acme.example", 409)):
        too_soon[:] = [False, True]
        sent = hidden(page) | ADA | {"answer.email": address}
        assert (await browser.post("/f/demo", data=sent)).status_code == status

    assert forms.rows("SELECT email FROM lead") == [("ada@acme.example",)]
    assert forms.rows("SELECT kind FROM relay_message") == [("confirm",)]


async def test_nothing_that_is_known_is_replaced(
    forms: Site, browser: httpx.AsyncClient, clock: Clock
) -> None:
    """Anybody may type anybody's address: it fills what is empty, and the rest is a claim."""
    forms.add_lead("ada@acme.example", first_name="Adelaide")
    await fill(browser, clock, **{"answer.size": "14"})

    assert forms.rows("SELECT first_name, attributes FROM lead") == [("Adelaide", {"size": "14"})]
    assert forms.rows("SELECT field, value FROM lead_claim") == [("first_name", "Ada")]
    assert forms.rows("SELECT count(*) FROM confirmation") == [(0,)]
    assert forms.rows("SELECT count(*) FROM relay_message WHERE kind = 'start'") == [(0,)]


@pytest.mark.parametrize(("ended", "kind"), [("", "start"), ("unenrolled", "start_again")])
async def test_a_known_lead_that_is_in_no_cadence_enters_it(
    forms: Site, browser: httpx.AsyncClient, clock: Clock, ended: str, kind: str
) -> None:
    """The mails that it was promised would never come, nor to one that somebody enrolled by hand
    and took back."""
    forms.add_lead("ada@acme.example", phase="ended" if ended else "", phase_reason=ended)
    await fill(browser, clock)
    enter(forms.database)

    assert forms.rows("SELECT kind, payload->>'cadence' FROM relay_message") == [
        (kind, "welcome-nurture")
    ]


async def test_one_that_rests_enters_it_too(
    forms: Site, browser: httpx.AsyncClient, clock: Clock
) -> None:
    """Who comes back after a year and asks for the mails would not get them."""
    forms.add_lead("ada@acme.example", phase="Recycle", phase_reason="exhausted")
    await fill(browser, clock)
    enter(forms.database)

    assert forms.rows("SELECT name FROM relay_message WHERE key LIKE 'enrolled:%'") == [
        ("engagement",)
    ]


@pytest.mark.parametrize(
    "why_not",
    [
        "INSERT INTO topic_opt_out VALUES ('ada@acme.example', 'nurture', now())",
        "INSERT INTO account (name, name_key, do_not_market_until) "
        "VALUES ('A', 'a', now() + interval '9 years'); UPDATE lead SET account_id = 1",
        "UPDATE lead SET title = 'student'",
    ],
)
async def test_a_form_keeps_to_the_rules_of_the_cadence(
    forms: Site, browser: httpx.AsyncClient, clock: Clock, why_not: str
) -> None:
    """Anybody may type an address: who must not be enrolled by hand would be by a stranger."""
    forms.add_lead("ada@acme.example", phase="")
    with forms.database.begin() as connection:
        connection.execute(text(why_not))
    await fill(browser, clock)
    enter(forms.database)

    assert forms.rows("SELECT count(*) FROM relay_message WHERE kind = 'start'") == [(0,)]
    assert forms.rows("SELECT state FROM enrollment_run_lead") == [("left_out",)]


async def test_a_form_that_asks_asks_whom_another_brought_unasked(
    forms: Site, browser: httpx.AsyncClient, clock: Clock
) -> None:
    """Who came by the site's tracking, or by the form before it asked, could never confirm."""
    await fill(browser, clock, "/f/guide")
    assert forms.rows("SELECT asks FROM confirmation") == [(False,)]
    publish(forms, FORMS.replace("    confirm: false\n", ""))
    await fill(browser, clock, "/f/guide")

    assert forms.rows("SELECT asks, times_asked FROM confirmation") == [(True, 1)]
    assert forms.rows("SELECT kind FROM relay_message") == [("confirm",)]


async def test_who_waits_is_asked_again_by_another_form(
    forms: Site, browser: httpx.AsyncClient, clock: Clock
) -> None:
    """Whose first mail was lost would hear nothing, and wait for ever."""
    publish(forms, FORMS.replace("    confirm: false\n", "    enters: welcome-nurture\n"))
    await fill(browser, clock)
    with forms.database.begin() as connection:
        connection.execute(text("UPDATE confirmation SET asked_at = asked_at - interval '8 days'"))
    await fill(browser, clock, "/f/guide")
    await fill(browser, clock, "/f/guide")

    assert forms.rows("SELECT times_asked FROM confirmation") == [(2,)]
    assert forms.rows("SELECT kind FROM relay_message") == [("confirm",), ("confirm",)]


async def test_the_wording_that_was_read_is_kept_with_whoever_agreed(
    forms: Site, browser: httpx.AsyncClient, clock: Clock
) -> None:
    """Nobody could show later what somebody agreed to; what is published meanwhile is not it."""
    page = await browser.get("/f/demo", headers={"Accept-Language": "ko"})
    assert "메일을 받겠습니다." in page.text
    publish(forms, FORMS.replace("메일을 받겠습니다.", "모두 받겠습니다."))
    clock.now += 10
    await browser.post("/f/demo", data=hidden(page) | ADA | {"consent": "yes"})
    await fill(browser, clock, **{"answer.email": "bea@acme.example"})

    assert forms.rows(
        "SELECT wording.text, wording.language, wording.version, wording.topic FROM "
        "form_submission JOIN form_consent_text AS wording ON wording.id = consent_text_id"
    ) == [("메일을 받겠습니다.", "ko", 1, "nurture")]
    assert forms.rows("SELECT email_key, topic, action, source, evidence FROM consent_record") == [
        (
            "ada@acme.example",
            "nurture",
            "opt_in",
            "form",
            "form demo, text ko version 1: 메일을 받겠습니다.",
        )
    ]


async def publish_other_words(
    forms: Site, browser: httpx.AsyncClient, clock: Clock, old: str
) -> dict[str, str]:
    """A page that was opened before the wording of ``old`` became another; what it sends."""
    publish(forms, old)
    page = await browser.get("/f/demo")
    publish(forms, FORMS.replace("Write to <me>.", "Other words."))
    clock.now += 10
    return hidden(page) | ADA | {"consent": "yes"}


@pytest.mark.parametrize("why", ["a mistake", "too fast", "no database", "too old", "sent before"])
async def test_a_form_that_is_drawn_again_with_other_words_asks_for_the_tick_anew(
    forms: Site, browser: httpx.AsyncClient, clock: Clock, why: str
) -> None:
    """What somebody would be said to have agreed to is not what they read."""
    sent = await publish_other_words(forms, browser, clock, FORMS)
    status = {"a mistake": 422, "too fast": 429, "no database": 503}.get(why, 409)
    if why == "a mistake":
        sent["answer.email"] = "ada"
    elif why == "too fast":
        clock.now -= 9
    elif why == "no database":
        with forms.database.begin() as connection:
            connection.execute(text("UPDATE policy_version SET name = 's' WHERE name = 'scoring'"))
    elif why == "too old":
        clock.now += 100_000
    else:
        await browser.post("/f/demo", data=sent)
        sent["answer.first_name"] = "Bea"
    again = await browser.post("/f/demo", data=sent)
    with forms.database.begin() as connection:
        connection.execute(text("UPDATE policy_version SET name = 'scoring' WHERE name = 's'"))

    assert again.status_code == status
    assert "Other words." in again.text
    assert "Please read it, and tick it" in again.text
    assert "checked" not in again.text
    clock.now += 10
    answers = {"answer.email": "bea@acme.example", "consent": "yes"}
    done = await browser.post("/f/demo", data=hidden(again) | ADA | answers)
    assert done.status_code == 200
    assert forms.rows(
        "SELECT text FROM form_submission JOIN form_consent_text AS one ON one.id = consent_text_id"
        " WHERE email_key = 'bea@acme.example'"
    ) == [("Other words.",)]


async def test_a_consent_that_a_form_requires_meanwhile_is_kept(
    forms: Site, browser: httpx.AsyncClient, clock: Clock
) -> None:
    """Who ticked it on the page that asked for it would have agreed to nothing; and who ticked it
    where it stands no more, neither."""
    line = next(one for one in FORMS.splitlines() if "consent:" in one)
    without = FORMS.replace(line + "\n", "")
    publish(forms, without)
    page = await browser.get("/f/demo")
    publish(forms, FORMS.replace(line, line[:-1] + ", required: true}"))
    clock.now += 10
    asked = await browser.post("/f/demo", data=hidden(page) | ADA)
    assert asked.status_code == 422
    publish(forms, without)
    await browser.post("/f/demo", data=hidden(asked) | ADA | {"consent": "yes"})

    assert forms.rows(
        "SELECT text FROM form_submission JOIN form_consent_text AS one ON one.id = consent_text_id"
    ) == [("Write to <me>.",)]


async def test_a_tick_that_is_changed_is_no_repetition(
    forms: Site, browser: httpx.AsyncClient, clock: Clock
) -> None:
    """Who goes back, ticks and sends would be thanked, and have agreed to nothing."""
    page = await browser.get("/f/demo")
    clock.now += 10
    once = await browser.post("/f/demo", data=hidden(page) | ADA)
    ticked = await browser.post("/f/demo", data=hidden(page) | ADA | {"consent": "yes"})

    assert (once.status_code, ticked.status_code) == (200, 409)
    assert "checked" in ticked.text


async def test_agreeing_in_a_form_lifts_no_refusal(
    forms: Site, browser: httpx.AsyncClient, clock: Clock
) -> None:
    """Anybody could have mail sent again to somebody who refused it."""
    forms.add_lead("ada@acme.example", phase="")
    with forms.database.begin() as connection:
        connection.execute(
            text("INSERT INTO suppression VALUES ('ada@acme.example', 'unsubscribed', now())")
        )
        connection.execute(
            text("INSERT INTO topic_opt_out VALUES ('ada@acme.example', 'nurture', now())")
        )
    await fill(browser, clock, consent="yes")

    assert forms.rows("SELECT count(*) FROM suppression") == [(1,)]
    assert forms.rows("SELECT count(*) FROM topic_opt_out") == [(1,)]
    assert forms.rows("SELECT count(*) FROM relay_message") == [(0,)]


async def test_without_double_opt_in_nobody_is_asked(
    forms: Site, browser: httpx.AsyncClient, clock: Clock
) -> None:
    sent = await fill(browser, clock, "/f/guide")

    assert (sent.status_code, sent.headers["location"]) == (
        303,
        "https://www.acme.example/guide?x=1",
    )
    assert forms.rows("SELECT asks FROM confirmation") == [(False,)]
    assert forms.rows("SELECT count(*) FROM relay_message") == [(0,)]


async def test_mistakes_are_told_at_their_fields_and_nothing_typed_is_lost(
    forms: Site, browser: httpx.AsyncClient, clock: Clock
) -> None:
    sent = await fill(browser, clock, **{"answer.email": "ada", "answer.first_name": 'A"da<'})

    assert sent.status_code == 422
    assert "This is no e-mail address" in sent.text
    assert 'aria-invalid="true"' in sent.text
    assert 'value="A&#34;da&lt;"' in sent.text
    assert forms.rows("SELECT count(*) FROM form_submission") == [(0,)]


async def test_a_page_is_shown_by_the_sites_it_names_and_by_no_other(
    forms: Site, browser: httpx.AsyncClient
) -> None:
    """Else any site could put it under a button of its own."""
    hosted, embedded = await browser.get("/f/demo"), await browser.get("/f/demo/embed")
    policy = hosted.headers["content-security-policy"]

    assert "frame-ancestors 'none'" in policy
    assert "script-src 'self';" in policy
    assert (
        "frame-ancestors 'self' https://www.acme.example"
        in (embedded.headers["content-security-policy"])
    )
    assert "Write to &lt;me&gt;." in hosted.text
    for script in ("/f/form.js", "/f/embed.js"):
        answer = await browser.get(script)
        assert answer.headers["content-type"].startswith("text/javascript")
        assert "no-store" not in answer.headers.get("cache-control", "")


async def test_what_another_site_sends_is_refused(
    forms: Site, browser: httpx.AsyncClient, clock: Clock
) -> None:
    """A page of somebody else's could have its visitors' browsers send it."""
    page = await browser.get("/f/demo")
    clock.now += 10
    for headers in (
        {"Origin": "https://evil.example", "Sec-Fetch-Site": "cross-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ):
        sent = await browser.post("/f/demo", data=hidden(page) | ADA, headers=headers)
        assert sent.status_code == 403
        assert "Open the page here" in sent.text
    assert forms.rows("SELECT count(*) FROM form_submission") == [(0,)]


@pytest.mark.parametrize(
    ("path", "status"), [("/f/nothing", 404), ("/f/over", 410), ("/f/Demo%00", 404)]
)
async def test_a_form_that_there_is_not(
    forms: Site, browser: httpx.AsyncClient, path: str, status: int
) -> None:
    assert (await browser.get(path)).status_code == status
    sent = await browser.post(path, data=ADA)
    assert sent.status_code == status


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"x" * 300_000, "application/x-www-form-urlencoded", 413),
        (b"&".join(b"a%d=1" % n for n in range(400)), "application/x-www-form-urlencoded", 409),
        (b"answer.email=%ff%00", "application/x-www-form-urlencoded", 409),
        (b"{}", "application/json", 415),
    ],
)
async def test_what_is_no_form_is_refused(
    forms: Site, browser: httpx.AsyncClient, content: bytes, kind: str, status: int
) -> None:
    sent = await browser.post("/f/demo", content=content, headers={"Content-Type": kind})

    assert sent.status_code == status


async def test_while_the_database_takes_nothing_what_was_typed_stays(
    forms: Site, browser: httpx.AsyncClient, clock: Clock
) -> None:
    """No scoring policy is as good as no database: it can't be taken now, and is not said to be."""
    with forms.database.begin() as connection:
        connection.execute(text("DELETE FROM policy_version WHERE name = 'scoring'"))
    sent = await fill(browser, clock)

    assert (sent.status_code, "retry-after" in sent.headers) == (503, True)
    assert 'value="ada@acme.example"' in sent.text
    assert forms.rows("SELECT count(*) FROM form_submission") == [(0,)]


async def test_a_preview_is_no_view(forms: Site, browser: httpx.AsyncClient) -> None:
    page = await browser.get("/f/demo/embed?preview")

    assert "disabled" in page.text
    assert forms.rows("SELECT count(*) FROM form_day") == [(0,)]


async def test_a_forms_key_is_nobodys_to_use_or_to_revoke(forms: Site) -> None:
    """It would stand in the list of write keys, and be revoked by somebody who tidies up."""
    async with browse(forms) as client:
        sent = await client.post(
            "/v1/track", json={"event": "x", "userId": "u"}, auth=("form demo", "")
        )

    assert sent.status_code == 401
