"""What looks like spam in hosted forms, and what people do with it."""

from __future__ import annotations

from datetime import datetime

import httpx2 as httpx
import pytest
from sqlalchemy import text

from domain.access import Role
from services.forms import release
from store.access.api_tokens import Caller
from store.erasure import erasure
from store.forms import lists
from store.forms.limits import LIMITS, FormLimits
from store.retention import sweep
from store.tracking.tracking_use import HOUR, Limit
from tests.web.conftest import Site
from tests.web.hosted_forms import ADA, SECRET, Clock, clock, fill, forms, hidden, worked
from web.api.access import WebContext

__all__ = ["clock", "forms"]  # Fixtures.


async def test_whoever_is_too_fast_sends_once_more(
    forms: Site, browser: httpx.AsyncClient, clock: Clock
) -> None:
    """A person whose browser fills in forms is not lost, and a program's post costs no mail."""
    page = await browser.get("/f/demo")
    clock.now += 4
    early = await browser.post("/f/demo", data=hidden(page) | ADA)

    assert (early.status_code, early.headers["retry-after"]) == (429, "4")
    assert "wait 4 seconds" in early.text
    assert forms.rows("SELECT state, suspicion FROM form_submission") == [("spam", "too_fast")]
    assert forms.rows("SELECT count(*) FROM lead") == [(0,)]
    clock.now += 4
    then = await browser.post("/f/demo", data=hidden(early) | ADA)
    assert then.status_code == 200
    assert forms.rows("SELECT state, lead_id FROM form_submission") == [("taken", 1)]


async def test_a_browser_that_runs_the_script_need_not_wait(
    forms: Site, browser: httpx.AsyncClient, clock: Clock
) -> None:
    page = await browser.get("/f/demo")
    clock.now += 4
    sent = await browser.post("/f/demo", data=worked(page) | ADA)

    assert sent.status_code == 200
    assert forms.rows("SELECT state FROM form_submission") == [("taken",)]


async def test_a_page_that_was_open_for_days_is_sent_once_more(
    forms: Site, browser: httpx.AsyncClient, clock: Clock
) -> None:
    """And so is one that somebody altered, or took from another form."""
    page, guide = await browser.get("/f/demo"), await browser.get("/f/guide")
    clock.now += 10
    for stamp in ("", "altered", hidden(guide)["stamp"]):
        sent = await browser.post("/f/demo", data=hidden(page) | ADA | {"stamp": stamp})
        assert sent.status_code == 409
        assert 'value="ada@acme.example"' in sent.text
    clock.now += 90_000
    old = await browser.post("/f/demo", data=hidden(page) | ADA)
    assert old.status_code == 409
    clock.now += 10
    assert (await browser.post("/f/demo", data=hidden(old) | ADA)).status_code == 200


def now_of(forms: Site) -> datetime:
    return forms.settings.clock().now()


def caller(forms: Site) -> tuple[WebContext, Caller]:
    return WebContext(forms.settings, forms.database), Caller("Mia", Role.MARKETING)


async def test_spam_costs_nobody_a_mail_and_is_kept_for_a_person(
    forms: Site, browser: httpx.AsyncClient, clock: Clock
) -> None:
    """Three hundred posts by a program that fills in every field, from one place: before, each
    would have asked an address of somebody else's to confirm itself."""
    statuses = []
    for n in range(300):
        answers = {"answer.email": f"victim-{n}@third.example", "more_details": "cheap pills"}
        statuses.append((await fill(browser, clock, **answers)).status_code)

    assert forms.rows("SELECT count(*) FROM lead") == [(0,)]
    assert forms.rows("SELECT count(*) FROM relay_message") == [(0,)]
    ((kept,),) = forms.rows("SELECT count(*) FROM form_submission WHERE state = 'spam'")
    ((turned_away,),) = forms.rows("SELECT turned_away FROM form_day")
    assert kept == 100, "a hundred an hour of one network are kept"
    assert statuses.count(429) == turned_away, "the rest is told to come again, and counted"
    assert set(statuses) == {200, 429}


async def test_many_from_one_place_are_kept_apart(
    forms: Site, browser: httpx.AsyncClient, clock: Clock
) -> None:
    """What passes all checks is limited as well; who is looked at by a person, loses nothing."""
    for n in range(33):
        await fill(browser, clock, **{"answer.email": f"a{n}@acme.example"})

    assert forms.rows(
        "SELECT state, suspicion, count(*) FROM form_submission GROUP BY 1, 2 ORDER BY 1"
    ) == [("spam", "too_many", 3), ("taken", "", 30)]
    assert forms.rows("SELECT count(*) FROM lead") == [(30,)]


async def test_nobody_uses_up_a_form_for_the_others(
    forms: Site, browser: httpx.AsyncClient, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A program that sends no more than traps, links, too early or one page over and over would
    quietly have what everybody else sends kept apart."""
    monkeypatch.setitem(LIMITS, "form", Limit(3, HOUR))
    monkeypatch.setitem(LIMITS, "form network", Limit(3, HOUR))
    early = await browser.get("/f/demo")
    page = await browser.get("/f/demo")
    for _ in range(4):
        await browser.post("/f/demo", data=hidden(early) | ADA)
    clock.now += 10
    for _ in range(4):
        await browser.post("/f/demo", data=hidden(page) | ADA | {"more_details": "x"})
        await fill(browser, clock, **{"answer.first_name": "www.evil.example"})
    await fill(browser, clock, **{"answer.email": "bea@acme.example"})

    assert forms.rows("SELECT email_key FROM form_submission WHERE state = 'taken'") == [
        ("bea@acme.example",)
    ]


def counted(forms: Site, network: str, email: str, source_id: int = 1) -> bool:
    with forms.database.begin() as connection:
        return FormLimits(SECRET).is_crowded(connection, source_id, network, email)


def test_one_network_counts_against_itself_first(
    forms: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is over a network's own limit would still use up the form's."""
    monkeypatch.setitem(LIMITS, "form", Limit(4, HOUR))
    monkeypatch.setitem(LIMITS, "form network", Limit(2, HOUR))
    flood = [counted(forms, "192.0.2.1", f"a{n}@x.example") for n in range(9)]

    assert flood.count(True) == 7
    assert not counted(forms, "192.0.2.2", "ann@x.example")


def test_one_mailbox_is_one_over_all_forms(forms: Site) -> None:
    """Somebody would have a confirmation sent to it for each tag and each form."""
    seen = [counted(forms, f"192.0.2.{n}", f"ann+{n}@x.example", n) for n in range(1, 8)]

    assert seen == [False] * 5 + [True] * 2


async def test_a_page_that_is_kept_is_not_sent_without_end(
    forms: Site, browser: httpx.AsyncClient, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each time would write to the database, and be counted nowhere."""
    monkeypatch.setitem(LIMITS, "kept of network", Limit(3, HOUR))
    page = await browser.get("/f/demo")
    clock.now += 10
    spam = hidden(page) | ADA | {"more_details": "x"}
    statuses = [(await browser.post("/f/demo", data=spam)).status_code for _ in range(5)]

    assert statuses == [200, 200, 200, 429, 429]


@pytest.mark.parametrize(
    ("answers", "suspicion"),
    [
        ({"more_details": "x"}, "trap"),
        ({"answer.first_name": "Win at https://evil.example"}, "links"),
    ],
)
async def test_what_was_no_spam_is_released_as_of_when_it_was_sent(
    forms: Site,
    browser: httpx.AsyncClient,
    clock: Clock,
    answers: dict[str, str],
    suspicion: str,
) -> None:
    """A person whose program fills in hidden fields would never be heard."""
    sent = await fill(browser, clock, consent="yes", **answers)
    assert "Thank you" in sent.text, "a program learns nothing"
    assert forms.rows("SELECT state, suspicion FROM form_submission") == [("spam", suspicion)]

    context, who = caller(forms)
    release(context, who, 1)

    assert forms.rows("SELECT state, lead_id, released_by FROM form_submission") == [
        ("released", 1, "Mia")
    ]
    assert forms.rows(
        "SELECT count(*) FROM engagement JOIN form_submission USING (lead_id, at)"
    ) == [(1,)]
    assert forms.rows("SELECT source FROM consent_record") == [("form",)]
    assert forms.rows("SELECT kind FROM relay_message") == [("confirm",)]
    with pytest.raises(Exception, match="somebody has released it"):
        release(context, who, 1)


async def test_what_was_sent_last_from_a_page_is_what_is_kept_apart(
    forms: Site, browser: httpx.AsyncClient, clock: Clock
) -> None:
    """Who mends what they typed is thanked as well, and would be released with the mistake."""
    page = await browser.get("/f/demo")
    clock.now += 10
    spam = hidden(page) | ADA | {"more_details": "x"}
    await browser.post("/f/demo", data=spam)
    await browser.post(
        "/f/demo", data=spam | {"answer.email": "bea@acme.example", "consent": "yes"}
    )

    assert forms.rows(
        "SELECT email_key, answers->>'email', consent_text_id IS NOT NULL FROM form_submission"
    ) == [("bea@acme.example", "bea@acme.example", True)]


async def test_who_was_erased_comes_back_by_a_persons_word(
    forms: Site, browser: httpx.AsyncClient, clock: Clock
) -> None:
    """What they sent before is gone; what is sent with their address waits for somebody to look,
    for anybody may have typed it."""
    await fill(browser, clock)
    with forms.database.begin() as connection:
        erasure.erase(
            connection,
            1,
            address="ada@acme.example",
            by="Mia",
            reason="",
            secret=SECRET,
            now=now_of(forms),
        )
    assert forms.rows("SELECT email_key, answers, facts, visitor FROM form_submission") == [
        ("erased-1", {}, {}, "")
    ]
    await fill(browser, clock)

    assert forms.rows("SELECT state, suspicion FROM form_submission WHERE id > 1") == [
        ("spam", "erased")
    ]


@pytest.mark.parametrize("spam", [True, False])
def test_a_list_reads_no_more_than_it_shows(forms: Site, *, spam: bool) -> None:
    """After a flood, who looks for what was taken would wait for all of the flood to be read."""
    with forms.database.begin() as connection:
        connection.execute(text("SET LOCAL enable_seqscan = off; SET LOCAL enable_sort = off"))
        values = {"form": "demo", "before": 9, "limit": 5}
        explain = text(f"EXPLAIN {lists.SPAM if spam else lists.TAKEN}")
        plan = "\n".join(connection.scalars(explain, values))

    assert f"ix_form_submission_{'spam' if spam else 'taken'}_of_form" in plan
    assert "Filter" not in plan


async def test_spam_that_nobody_releases_is_forgotten(
    forms: Site, browser: httpx.AsyncClient, clock: Clock
) -> None:
    await fill(browser, clock, more_details="x")
    await fill(browser, clock, **{"answer.email": "bea@acme.example"})
    with forms.database.begin() as connection:
        connection.execute(text("UPDATE form_submission SET at = at - interval '31 days'"))
        sweep(connection, now_of(forms))

    assert forms.rows("SELECT state FROM form_submission") == [("taken",)]
