"""What anybody can do who reads a write key in the source of a web page."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2 as httpx
import pytest
from sqlalchemy import text

from domain.access import Role
from domain.cadences.cadence import Cadence
from domain.consent.policy import MARKETING_STOPS
from domain.contracts.confirmation import AskToConfirm
from domain.identities import TrackingCall
from domain.lead_files.row import SAID
from store.access.api_tokens import create_token
from store.access.write_keys import Kind, WriteKeySource, create_write_key, find_source
from store.consent.confirmations import MOST_AN_HOUR, ask, ask_who_waits, await_confirmation
from store.mail import ledger
from store.published.cadences import publish_cadence
from store.retention import sweep
from store.scoring.engagement import LeadActivity, record
from store.tracking.tracking_use import LIMITS
from store.tracking.visitors import record_batch
from store.views.lead_search import LeadFilter, find_leads
from tests.support.entered import enter
from tests.web.conftest import Site, browse, make_site, site

__all__ = ["make_site", "site"]  # Fixtures.

PHISHING = "You won 500 EUR! Claim at http://evil.example/x"


class Attacker:
    """Somebody with a key, and what the database says afterwards."""

    def __init__(self, site: Site, client: httpx.AsyncClient) -> None:
        self.site, self.client = site, client
        self.key = self.new_key("website", "browser")

    def new_key(self, name: str, kind: Kind) -> str:
        with self.site.database.begin() as connection:
            key = create_write_key(connection, name, "welcome-nurture", kind)
        assert key
        return key

    async def send(self, call: str, body: dict[str, Any], *, key: str = "") -> httpx.Response:
        login = base64.b64encode(f"{key or self.key}:".encode()).decode()
        headers = {"Authorization": f"Basic {login}"}
        return await self.client.post(f"/v1/{call}", json=body, headers=headers)

    async def identify(self, user: str, email: str, key: str = "", **traits: Any) -> int:
        body = {"userId": user, "traits": {"email": email, **traits}}
        return (await self.send("identify", body, key=key)).status_code

    async def batch(self, *messages: dict[str, Any], key: str = "") -> httpx.Response:
        return await self.send("batch", {"batch": list(messages)}, key=key)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        return self.site.rows(query)

    def value(self, query: str) -> Any:
        return self.rows(query)[0][0]

    def source(self) -> WriteKeySource:
        with self.site.database.connect() as connection:
            found = find_source(connection, self.key)
        assert found
        return found

    def run(self, statement: str) -> None:
        with self.site.database.begin() as connection:
            connection.execute(text(statement))

    def journeys(self) -> list[tuple[Any, ...]]:
        enter(self.site.database)
        return self.rows("SELECT key, name FROM relay_message WHERE kind = 'start' ORDER BY id")

    def asked(self) -> int:
        return int(self.value("SELECT count(*) FROM relay_message WHERE kind = 'confirm'"))


@pytest.fixture
async def attacker(site: Site) -> AsyncIterator[Attacker]:
    cadence = {"cadence": "welcome-nurture", "steps": [{"exit": "x"}]}
    with site.database.begin() as connection:
        known = Cadence.model_validate(cadence)
        publish_cadence(connection, cadence=known, source="", templates={})
    async with browse(site) as client:
        yield Attacker(site, client)


def page(user: str, number: int, **more: Any) -> dict[str, Any]:
    return {"type": "page", "userId": user, "messageId": f"{user}-{number}", **more}


async def test_a_stranger_gets_no_mail_but_one_that_asks(attacker: Attacker) -> None:
    """Before: the stranger's journey began at once, and the first mail greeted them with the
    attacker's text and link, signed by the company's domain."""
    status = await attacker.identify("a1", "victim@third-party.example", firstName=PHISHING)

    assert status == 200
    assert attacker.journeys() == []
    assert attacker.rows("SELECT key, name, payload FROM relay_message") == [
        ("confirmation-1:1", "Confirmation", {"lead_id": 1, "number": 1})
    ]


async def test_whichever_journey_begins_marketing_writes_to_nobody_unconfirmed(
    attacker: Attacker,
) -> None:
    """A colleague who moves the lead, or a score that starts a journey, must not undo it."""
    await attacker.identify("a1", "victim@third-party.example")

    def claim(key: str, topic: str) -> str:
        with attacker.site.database.begin() as connection:
            return ledger.claim(
                connection,
                key=key,
                claim=key,
                lead_id=1,
                enrollment_id=None,
                template_version_id=None,
                step="welcome",
                topic=topic,
                channel="outbox",
                message_id=key,
                stops=MARKETING_STOPS,
                caps=(),
                at=datetime.now(UTC),
            ).state

    assert claim("one", "nurture") == "suppressed"
    assert claim("two", "") == "claimed", "mail about an appointment that a person made goes"
    attacker.run("UPDATE confirmation SET confirmed_at = now()")
    assert claim("three", "nurture") == "claimed"


async def test_a_mail_box_is_asked_once_however_often_it_is_named(attacker: Attacker) -> None:
    """Before: nothing limited it. 1,000 identifies of one address now come to one mail; and once a
    week has passed to another one, three in all."""
    statuses = [await attacker.identify(f"a{n % 7}", "victim@x.example") for n in range(100)]
    batch = [
        {"type": "identify", "userId": f"b{n}", "traits": {"email": "victim@x.example"}}
        for n in range(900)
    ]
    answers = [(await attacker.batch(*batch[n : n + 100])).status_code for n in range(0, 900, 100)]

    assert attacker.asked() == 1
    assert 429 in statuses
    assert set(answers) == {429}
    assert attacker.value("SELECT count(*) FROM lead") == 1
    for week in range(1, 6):
        attacker.run("TRUNCATE tracking_use")
        attacker.run("UPDATE confirmation SET asked_at = asked_at - interval '8 days'")
        assert await attacker.identify("a1", "victim@x.example") == 200
        assert attacker.asked() == min(week + 1, 3)


async def test_one_network_brings_few_addresses_an_hour(attacker: Attacker) -> None:
    """Before: a thousand strangers were mailed as fast as they were named."""
    limit = LIMITS["browser"]["people of a network"].times
    statuses = [await attacker.identify(f"a{n}", f"v{n}@x.example") for n in range(limit + 40)]

    assert statuses.count(200) == limit
    assert set(statuses[limit:]) == {429}
    assert attacker.value("SELECT count(*) FROM lead") == limit
    answer = await attacker.send("identify", {"userId": "z", "traits": {"email": "z@x.example"}})
    assert answer.json()["code"] == "rate_limited"
    assert 0 < int(answer.headers["Retry-After"]) <= 3600
    assert (await attacker.send("page", {"anonymousId": "z", "name": "x"})).status_code == 200


def test_a_key_asks_few_addresses_an_hour_and_the_others_later(site: Site) -> None:
    """From many networks at once the company's domain would still end on every block list."""
    now = datetime.now(UTC)
    with site.database.begin() as connection:
        key = create_write_key(connection, "website", "welcome-nurture")
        source = find_source(connection, key or "")
    assert source
    ids = [site.add_lead(f"v{n}@x.example", phase="") for n in range(MOST_AN_HOUR + 5)]
    with site.database.begin() as connection:
        await_confirmation(connection, ids, source, now)
        assert ask(connection, source.id, now, ids) == MOST_AN_HOUR
        assert ask_who_waits(connection, now + timedelta(minutes=30)) == 0
        assert ask_who_waits(connection, now + timedelta(minutes=61)) == 5
        assert ask_who_waits(connection, now + timedelta(days=61)) == 0


async def test_nothing_known_of_a_lead_is_overwritten(attacker: Attacker) -> None:
    """Before: name, title, phone, country, language, time zone and account of a known lead became
    the attacker's, without a trace: SDRs would have dialled the number of the attacker."""
    attacker.run("INSERT INTO account (name, name_key) VALUES ('West', 'west'), ('Korea', 'korea')")
    lead = attacker.site.add_lead(
        "w1@west1.example", first_name="Ada", last_name="West", title="CTO", phone="+441632960001",
        country="GB", language="en", language_certainty=SAID, time_zone="Europe/London",
        time_zone_certainty=SAID, account_id=1, attributes={"plan": "pro"},
    )  # fmt: skip
    before = attacker.rows("SELECT * FROM lead")

    await attacker.identify(
        "a2", "w1@west1.example", firstName="X", lastName="Y", title="Intern",
        phone="+1 900 555 0199", company="Korea", country="KR", language="ko",
        timezone="Asia/Seoul", plan="free",
    )  # fmt: skip
    await attacker.send("group", {"userId": "a2", "groupId": "g", "traits": {"name": "Korea"}})

    changed = attacker.rows("SELECT * FROM lead")
    assert [row[:14] for row in changed] == [row[:14] for row in before]
    assert attacker.rows("SELECT attributes, account_id FROM lead") == [({"plan": "pro"}, 1)]
    said = dict(attacker.rows(f"SELECT field, value FROM lead_claim WHERE lead_id = {lead}"))
    assert said == {
        "first_name": "X",
        "last_name": "Y",
        "title": "Intern",
        "phone": "+19005550199",
        "company": "Korea",
        "country": "KR",
        "language": "ko",
        "time_zone": "Asia/Seoul",
        "attributes.plan": "free",
    }
    assert attacker.rows("SELECT name, external_id FROM account ORDER BY id") == [
        ("West", None),
        ("Korea", None),
    ]


async def test_what_is_empty_is_filled(attacker: Attacker) -> None:
    """A form on the site is how most leads tell their name and company."""
    lead = attacker.site.add_lead("ada@west1.example", last_name="West")
    status = await attacker.identify(
        "a2", "ada@west1.example", firstName="Ada", company="West", country="KR", seats=9
    )

    assert status == 200
    assert attacker.rows(
        "SELECT first_name, last_name, country, language, time_zone, lead.attributes, name "
        f"FROM lead JOIN account ON account.id = account_id WHERE lead.id = {lead}"
    ) == [("Ada", "West", "KR", "ko", "Asia/Seoul", {"seats": "9"}, "West")]


async def test_an_account_is_seen_by_nobody_new(attacker: Attacker) -> None:
    """Whoever sees a lead sees its account. Before: one call moved a lead of team world into
    Korea's account, and world's SDR read and held it."""
    attacker.run(
        "INSERT INTO rep (code, name, email, team) VALUES ('rep-1', 'R', 'r@p.example', 'world'), "
        "('rep-2', 'S', 's@p.example', 'korea')"
    )
    attacker.run("INSERT INTO account (name, name_key) VALUES ('Korea Co', 'korea')")
    attacker.site.add_lead("kim@korea.example", owner="rep-2", account_id=1)
    attacker.site.add_lead("lee@yahoo.co.jp", owner="rep-2", account_id=1)
    attacker.site.add_lead("w1@west1.example", owner="rep-1")
    with attacker.site.database.begin() as connection:
        token = create_token(connection, "sdr", Role.SDR, "rep-1")
    headers = {"Authorization": f"Bearer {token}"}

    strangers = ("w1@west1.example", "new@korea.example", "a@gmail.com", "b@yahoo.co.jp")
    for email in strangers:
        await attacker.identify(email, email, company="Korea Co")
        await attacker.send(
            "group", {"userId": email, "groupId": "kr", "traits": {"name": "Korea Co"}}
        )
    attacker.run("UPDATE lead SET owner = 'rep-1' WHERE owner = ''")

    assert attacker.value("SELECT count(*) FROM lead WHERE account_id = 1") == 2
    seen = await attacker.client.get("/api/accounts/1", headers=headers)
    held = await attacker.client.post(
        "/api/accounts/1/do-not-market", json={"reason": "x"}, headers=headers
    )
    assert [seen.status_code, held.status_code] == [404, 404]

    attacker.run("UPDATE confirmation SET confirmed_at = now()")
    for email in strangers:
        await attacker.identify(email, email, company="Korea Co")
    joined = attacker.rows("SELECT email FROM lead WHERE account_id = 1 ORDER BY id")
    assert joined == [("kim@korea.example",), ("lee@yahoo.co.jp",), ("new@korea.example",)]


async def test_nobodys_user_id_is_taken_from_them(attacker: Attacker) -> None:
    """User ids are counted up in most products: what user 7 does must not become somebody
    else's because a page said so."""
    server = attacker.new_key("app", "server")
    await attacker.identify("7", "anna@acme.example", key=server)
    await attacker.identify("7", "evil@x.example")
    await attacker.identify("8", "evil2@x.example")
    await attacker.send("alias", {"userId": "8", "previousId": "7"})
    await attacker.send("alias", {"userId": "8", "previousId": "9"})
    await attacker.batch(page("7", 1), page("9", 1), key=server)
    await attacker.identify("9", "ben@acme.example", key=server)

    assert attacker.rows(
        "SELECT email, count(engagement.id) FROM lead LEFT JOIN engagement ON lead_id = lead.id "
        "GROUP BY email HAVING count(engagement.id) > 0 ORDER BY email"
    ) == [("anna@acme.example", 1), ("ben@acme.example", 1)]


async def test_the_address_confirms_itself_by_a_button(attacker: Attacker) -> None:
    """A mail scanner opens every link: opening must not say yes. The yes is on record, and the
    cadence begins."""
    await attacker.identify("a1", "ada@acme.example")
    asking = AskToConfirm(1, 1)
    attacker.site.add_touch(1, asking.key)
    url = attacker.site.signer.confirmation(asking.key).removeprefix("http://go.test")

    opened = await attacker.client.get(url)
    assert (opened.status_code, attacker.journeys()) == (200, [])
    assert '<form method="post">' in opened.text
    for _ in range(2):
        done = await attacker.client.post(url)
        assert (done.status_code, "is confirmed" in done.text) == (200, True)

    assert attacker.journeys() == [("start:lead-1", "Nurture")]
    assert attacker.rows("SELECT email_key, action, source, evidence FROM consent_record") == [
        ("ada@acme.example", "opt_in", "confirmation", "confirmation-1:1")
    ]
    other = attacker.site.signer.preferences(asking.key).rpartition("/")[2]
    assert (await attacker.client.post(f"/c/{other}")).status_code == 404


async def test_who_unsubscribed_is_not_asked(attacker: Attacker) -> None:
    """An address that said no would get mail again because somebody typed it."""
    attacker.run("INSERT INTO suppression VALUES ('no@acme.example', 'unsubscribed', now())")
    await attacker.identify("a1", "no@acme.example")
    assert attacker.asked() == 0


def listed_as_silent(attacker: Attacker) -> list[str]:
    """Why those get no mail whom the console finds under “Gets no mail”."""
    with attacker.site.database.connect() as connection:
        found = find_leads(connection, datetime.now(UTC), LeadFilter(suppressed=True))
    return [one.suppressed for one in found]


@pytest.mark.parametrize("who", ["server", "colleague"])
async def test_others_vouch_for_an_address(attacker: Attacker, who: str) -> None:
    """The site's own server knows its customers, and marketing met some at a fair."""
    await attacker.identify("a1", "ada@acme.example")
    with attacker.site.database.begin() as connection:
        token = create_token(connection, "m", Role.MARKETING, "")
    headers = {"Authorization": f"Bearer {token}"}
    shown = await attacker.client.get("/api/leads/1", headers=headers)
    listed = listed_as_silent(attacker)
    if who == "server":
        await attacker.identify("a1", "ada@acme.example", key=attacker.new_key("app", "server"))
    else:
        await attacker.client.post(
            "/api/suppressions/1/permit", json={"evidence": "met at a fair"}, headers=headers
        )
    after = await attacker.client.get("/api/leads/1", headers=headers)

    assert [one.json()["suppressed"] for one in (shown, after)] == ["unconfirmed", ""]
    assert listed == ["unconfirmed"]
    assert listed_as_silent(attacker) == []
    assert attacker.journeys() == [("start:lead-1", "Nurture")]


async def test_a_visitor_that_sends_too_much_is_turned_away_alone(attacker: Attacker) -> None:
    """60,000 page events of one lead took 56 s to send and then 10 s each time somebody opened the
    lead. In one batch with others, only what is too much is refused."""
    limit = LIMITS["browser"]["visitor"].times
    first = await attacker.batch(*(page("loud", n) for n in range(limit)))
    mixed = await attacker.batch(page("loud", limit + 1), page("quiet", 1))
    alone = await attacker.batch(page("loud", limit + 2))

    assert [one.status_code for one in (first, mixed, alone)] == [200, 200, 429]
    assert [one["index"] for one in mixed.json()["rejected"]] == [0]
    assert int(alone.headers["Retry-After"]) <= 60


@pytest.mark.parametrize("kind", ["browser", "server"])
def test_a_day_of_a_person_has_an_end(site: Site, kind: Kind) -> None:
    """Each visitor keeps below its own limit; that all of them are one lead must count, too, and
    what they did before they became it."""
    with site.database.begin() as connection:
        source = find_source(connection, create_write_key(connection, "site", kind=kind) or "")
    assert source
    lead = site.add_lead("k1@korea1.example")
    most = LIMITS[kind]["events"].times
    now = datetime.now(UTC)
    numbers = iter(range(10**9))

    def pages(visitor: str, count: int) -> list[TrackingCall]:
        return [
            TrackingCall("page", f"{next(numbers)}", now, anonymous_id=visitor)
            for _ in range(count)
        ]

    facts = {"email": "k1@korea1.example", "email_key": "k1@korea1.example"}
    left_out = 0
    for visitor in range(8):
        name = f"v{visitor}"
        record_batch(site.database, pages(name, most // 4), source, now)
        identify = TrackingCall("identify", f"{next(numbers)}", now, anonymous_id=name, facts=facts)
        record_batch(site.database, [identify], source, now)
        left_out += len(record_batch(site.database, pages(name, most // 4), source, now))

    kept = site.rows(f"SELECT count(*) FROM engagement WHERE lead_id = {lead}")[0][0]
    assert kept <= most  # type: ignore[operator]
    assert kept > most // 2  # type: ignore[operator]
    assert left_out


@pytest.mark.parametrize("kind", ["browser", "server"])
async def test_attributes_do_not_grow_without_end(attacker: Attacker, kind: Kind) -> None:
    """30 batches of ever new traits came to 12.4 MB in one lead, and its page took 8.5 s. The same
    of accounts, and of visitors nobody knows."""
    key = attacker.key if kind == "browser" else attacker.new_key("app", kind)
    attacker.site.add_lead("k1@korea1.example", attributes={"plan": "free"})
    for number in range(30):
        traits = {f"t{number}-{n}": "x" * 300 for n in range(60)}
        await attacker.batch(
            {"type": "identify", "userId": "k", "traits": {"email": "k1@korea1.example", **traits}},
            {"type": "identify", "anonymousId": "nobody", "traits": traits},
            {"type": "group", "userId": "k", "groupId": "g", "traits": traits},
            key=key,
        )
    await attacker.identify("k", "k1@korea1.example", key=key, plan="paid")

    for query in (
        "SELECT attributes FROM lead",
        "SELECT attributes FROM account",
        "SELECT traits->'attributes' FROM visitor WHERE lead_id IS NULL",
    ):
        kept = attacker.value(query)
        assert 50 < len(kept) <= 200
        assert len(str(kept)) < 70_000
    plan = {"browser": "free", "server": "paid"}[kind]
    assert attacker.value("SELECT attributes->>'plan' FROM lead") == plan


async def test_an_event_has_a_size(attacker: Attacker) -> None:
    """Two thousand events a day of 32 KB are 64 MB of one person."""
    big = await attacker.batch(page("a", 1, properties={"x": "y" * 9000}))
    url = "https://x.example/" + "y" * 7000
    long = await attacker.batch(page("a", 2, context={"page": {"url": url}}))

    assert [big.status_code, long.status_code] == [400, 200]
    assert attacker.value("SELECT max(length(detail->>'url')) FROM engagement") == 2048


async def test_sales_is_not_flooded(attacker: Attacker) -> None:
    """Whoever names 1,000 people and has each read prices would fill the SDRs' day. The others go
    to sales in a later hour, or when they confirm."""
    most = LIMITS["browser"]["sales"].times
    now = datetime.now(UTC)
    source = attacker.source()
    for number in range(most + 10):
        email = f"p{number}@x.example"
        facts = {"email": email, "email_key": email}
        messages = [TrackingCall("identify", f"i{number}", now, user_id=email, facts=facts)]
        record_batch(attacker.site.database, messages, source, now)
        lead = attacker.value(f"SELECT id FROM lead WHERE email_key = '{email}'")
        attacker.run(f"UPDATE lead SET interest = 500, interest_as_of = now() WHERE id = {lead}")
        event = TrackingCall("page", f"p{number}", now, user_id=email)
        record_batch(attacker.site.database, [event], source, now + timedelta(microseconds=number))

    assert attacker.value("SELECT count(*) FROM crossing") == most
    late = attacker.value("SELECT max(id) FROM lead")
    with attacker.site.database.begin() as connection:
        later = LeadActivity("later", "click", now, lead_id=late)
        record(connection, [later], now + timedelta(hours=2))
    assert attacker.value("SELECT count(*) FROM crossing") == most + 1


async def test_what_nobody_needs_is_deleted(attacker: Attacker) -> None:
    """Visitors without an address and mail of unknown senders would be kept for ever."""
    await attacker.batch(page("old", 1), page("new", 1))
    await attacker.identify("known", "ada@acme.example")
    attacker.run(
        "UPDATE visitor SET last_seen_at = now() - interval '181 days' WHERE id IN "
        "(SELECT visitor_id FROM visitor_key WHERE value IN ('old', 'known'))"
    )
    attacker.run(
        "INSERT INTO inbound_message "
        "(message_id, kind, sender, subject, text, received_at, lead_id) VALUES "
        "('a', 'reply', 's', '', '', now() - interval '91 days', NULL),"
        " ('b', 'reply', 's', '', '', now() - interval '89 days', NULL),"
        " ('c', 'reply', 's', '', '', now() - interval '91 days', 1)"
    )
    with attacker.site.database.begin() as connection:
        sweep(connection, datetime.now(UTC))

    assert attacker.rows("SELECT value FROM visitor_key ORDER BY value") == [("known",), ("new",)]
    assert attacker.value("SELECT count(*) FROM engagement") == 1
    assert attacker.rows("SELECT message_id FROM inbound_message ORDER BY 1") == [("b",), ("c",)]
