"""Who is who: what marketing and sales would think of people if visitors were mixed up."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, create_engine, text

from domain.identities import TrackedCompany, TrackingCall
from domain.scoring.policy import ScoringPolicy
from embedded.postgres import EmbeddedPostgres
from store.access.write_keys import WriteKeySource
from store.published.policies import publish_policy
from store.tracking.visitors import record_batch

NOW = datetime(2026, 5, 4, 9, 0, tzinfo=UTC)
WEBSITE = WriteKeySource(1, "website", "", "server")
SCORING = ScoringPolicy.model_validate(
    {
        "policy": "scoring",
        "half_life": "21 days",
        "interest": [
            {"rule": "demo", "on": "track", "if": 'event.name == "Demo"', "points": 60},
            {
                "rule": "prices",
                "on": "page",
                "if": 'event.path.startsWith("/pricing")',
                "points": 12,
                "at_most": "2 per day",
            },
            {
                "rule": "jobs",
                "on": "page",
                "if": 'event.path.startsWith("/careers")',
                "points": -10,
                "at_most": "1 per week",
            },
        ],
        "levels": {1: 60, 2: 30, 3: 10},
        "fit": [
            {"rule": "decides", "if": 'lead.title == "CTO"', "points": 20},
            {"rule": "ours", "if": 'account.name == "Acme"', "points": 10},
        ],
        "letters": {"A": 30, "B": 15, "C": 0},
        "matrix": {
            "A": ["hot", "mql", "engaged", "known"],
            "B": ["hot", "mql", "engaged", "known"],
            "C": ["mql", "engaged", "engaged", "known"],
            "D": ["engaged", "engaged", "known", "known"],
        },
        "hot_within": "15 minutes",
    }
)


class Tracking:
    """A database that takes batches of messages; each message has a key of its own."""

    def __init__(self, url: str) -> None:
        self.database: Engine = create_engine(url, pool_size=16)
        self._keys = itertools.count(1)
        with self.database.begin() as connection:
            publish_policy(connection, "scoring", SCORING)

    def message(self, kind: str, who: str, **more: Any) -> TrackingCall:
        """``who`` is ``anonymousId/userId``, either may be missing."""
        anonymous_id, _, user_id = who.partition("/")
        key, at = more.pop("key", f"m{next(self._keys)}"), more.pop("at", NOW)
        return TrackingCall(kind, key, at, user_id, anonymous_id, **more)

    def page(self, who: str, path: str = "/pricing", **more: Any) -> TrackingCall:
        return self.message("page", who, detail={"path": path}, **more)

    def identify(self, who: str, email: str = "", **facts: Any) -> TrackingCall:
        if email:
            facts |= {"email": email, "email_key": email.casefold()}
        return self.message("identify", who, facts=facts)

    def group(self, who: str, group_id: str, name: str = "", **attributes: str) -> TrackingCall:
        return self.message("group", who, group=TrackedCompany(group_id, name, "", attributes))

    def take(self, *messages: TrackingCall, source: WriteKeySource = WEBSITE) -> None:
        record_batch(self.database, messages, source, NOW)

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with self.database.connect() as connection:
            return [tuple(row) for row in connection.execute(text(query))]

    def histories(self) -> dict[str, int]:
        """E-mail address → how many engagements are its lead's; '' for nobody's."""
        return dict(
            self.rows(
                "SELECT coalesce(email, ''), count(*) FROM engagement "
                "LEFT JOIN lead ON lead.id = lead_id GROUP BY 1"
            )
        )

    def value(self, query: str) -> Any:
        return self.rows(query)[0][0]


@pytest.fixture
def tracking(database_url: str) -> Iterator[Tracking]:
    made = Tracking(database_url)
    yield made
    made.database.dispose()


def test_what_a_visitor_did_before_is_the_leads_once_it_is_known(tracking: Tracking) -> None:
    """Else the SDR calls without knowing that prices were read three times."""
    tracking.take(tracking.page("anna"), tracking.page("anna"), tracking.page("anna"))
    assert tracking.histories() == {"": 3}

    tracking.take(tracking.identify("anna", "Anna@acme.example", title="CTO"))

    assert tracking.histories() == {"Anna@acme.example": 3}
    assert tracking.rows("SELECT source, title, round(interest), fit, stage FROM lead") == [
        ("website", "CTO", 24, "B", "engaged")
    ]


def test_a_browser_that_logs_in_brings_its_history(tracking: Tracking) -> None:
    """The user is known from the app, the browser from the site: one person."""
    tracking.take(tracking.identify("/7", "anna@acme.example"))
    tracking.take(tracking.page("browser"))
    tracking.take(tracking.page("browser/7"))
    tracking.take(tracking.page("browser"))

    assert tracking.histories() == {"anna@acme.example": 3}
    assert tracking.value("SELECT count(*) FROM visitor") == 1


def test_a_login_names_a_visitor_that_gave_its_address_before(tracking: Tracking) -> None:
    """A form first, then an account: what the account does is the lead's too."""
    tracking.take(tracking.identify("browser", "anna@acme.example"))
    tracking.take(tracking.page("browser/7"), tracking.page("/7"))

    assert tracking.histories() == {"anna@acme.example": 2}


def test_two_users_of_one_computer_stay_two_people(tracking: Tracking) -> None:
    """Else the second one inherits what the first one read, and gets a call about it."""
    tracking.take(tracking.identify("library/1", "anna@acme.example"), tracking.page("library"))
    tracking.take(tracking.identify("library/2", "ben@acme.example"), tracking.page("library"))
    tracking.take(tracking.page("library/1"))
    tracking.take(tracking.page("library"))

    assert tracking.histories() == {"anna@acme.example": 3, "ben@acme.example": 1}


def test_two_addresses_given_in_one_browser_are_two_leads(tracking: Tracking) -> None:
    """Two people at a booth's tablet; neither lead's address changes."""
    tracking.take(tracking.page("tablet"), tracking.identify("tablet", "anna@acme.example"))
    tracking.take(tracking.identify("tablet", "ben@acme.example"), tracking.page("tablet"))

    assert tracking.histories() == {"anna@acme.example": 1, "ben@acme.example": 1}


def test_a_user_without_address_is_no_lead_yet(tracking: Tracking) -> None:
    """What it said meanwhile is kept for the lead that it becomes."""
    tracking.take(tracking.identify("browser/7", first_name="Anna", attributes={"plan": "free"}))
    tracking.take(tracking.identify("/7", title="CTO"), tracking.group("/7", "g1", "Acme"))
    assert tracking.value("SELECT count(*) FROM lead") == 0

    tracking.take(tracking.identify("/7", "anna@acme.example", attributes={"plan": "paid"}))

    assert tracking.rows(
        "SELECT first_name, title, lead.attributes, account.name, fit "
        "FROM lead JOIN account ON account.id = account_id"
    ) == [("Anna", "CTO", {"plan": "paid"}, "Acme", "A")]
    assert tracking.rows("SELECT traits, account_id FROM visitor") == [({}, None)]


def test_an_alias_joins_two_ids(tracking: Tracking) -> None:
    """A customer changed its user ids: nobody's history is lost."""
    tracking.take(tracking.page("/old"), tracking.page("browser"))
    tracking.take(tracking.identify("/new", "anna@acme.example"))
    tracking.take(tracking.message("alias", "/new", previous_id="old"))
    tracking.take(tracking.message("alias", "/new", previous_id="browser"))
    tracking.take(tracking.page("/old"), tracking.page("browser"))

    assert tracking.histories() == {"anna@acme.example": 4}
    assert tracking.value("SELECT count(*) FROM visitor") == 1


def test_an_alias_never_merges_two_leads(tracking: Tracking) -> None:
    """A wrong alias call would else mix up two people for ever."""
    tracking.take(tracking.identify("/1", "anna@acme.example"), tracking.page("/1"))
    tracking.take(tracking.identify("/2", "ben@acme.example"), tracking.page("/2"))
    tracking.take(tracking.message("alias", "/2", previous_id="1"))
    tracking.take(tracking.page("/1"))

    assert tracking.histories() == {"anna@acme.example": 1, "ben@acme.example": 2}


def test_traits_change_only_what_they_give(tracking: Tracking) -> None:
    """An import knew more than the site does."""
    tracking.take(
        tracking.identify("/1", "anna@acme.example", first_name="Anna", country="KR", title="CEO")
    )
    tracking.take(tracking.identify("/1", title="CTO", first_name="", attributes={"plan": "pro"}))

    assert tracking.rows("SELECT first_name, country, title, attributes, fit FROM lead") == [
        ("Anna", "KR", "CTO", {"plan": "pro"}, "B")
    ]


def test_a_group_is_the_account_of_its_name(tracking: Tracking) -> None:
    """Else the company from the import and the one from the app are two."""
    tracking.take(tracking.identify("/1", "anna@acme.example", company="Acme", title="CTO"))
    tracking.take(tracking.group("/1", "g1", "ACME", plan="pro"))
    tracking.take(
        tracking.identify("/2", "ben@acme.example"), tracking.group("/2", "g1", seats="9")
    )
    tracking.take(tracking.identify("/3", "cho@acme.example"), tracking.group("/3", "g2"))
    tracking.take(tracking.group("/3", "g2", "Globex"))

    assert tracking.rows(
        "SELECT external_id, name, attributes, (SELECT count(*) FROM lead "
        "WHERE account_id = account.id) FROM account ORDER BY id"
    ) == [("g1", "ACME", {"plan": "pro", "seats": "9"}, 2), ("g2", "Globex", {}, 1)]


def test_a_batch_sent_twice_counts_once(tracking: Tracking) -> None:
    """A client whose answer got lost sends it again."""
    batch = [
        tracking.page("anna"),
        tracking.identify("anna", "anna@acme.example"),
        tracking.page("anna"),
    ]
    twin = tracking.page("anna", key=batch[0].key)
    for _ in range(3):
        tracking.take(*batch, twin)

    assert tracking.rows("SELECT round(interest) FROM lead") == [(24,)]
    assert tracking.histories() == {"anna@acme.example": 2}


def test_a_new_lead_begins_the_cadence_of_its_source_once(tracking: Tracking) -> None:
    """A lead that was there before is in a journey, or was left out of them on purpose."""
    tracking.take(tracking.identify("/1", "anna@acme.example"))
    trial = WriteKeySource(2, "trial", "welcome-nurture", "server")
    for _ in range(2):
        tracking.take(
            tracking.identify("/1", "anna@acme.example"),
            tracking.identify("/2", "ben@acme.example"),
            source=trial,
        )

    assert tracking.rows("SELECT key, kind, name, payload FROM relay_message") == [
        ("start:lead-2", "start", "Nurture", {"lead_id": 2, "cadence": "welcome-nurture"})
    ]


def at_once(count: int, act: Callable[[int], None]) -> None:
    """Run ``act(0)`` … at the same time; the first failure is raised."""
    barrier = Barrier(count)

    def run(number: int) -> None:
        barrier.wait()
        act(number)

    with ThreadPoolExecutor(count) as pool:
        for done in [pool.submit(run, number) for number in range(count)]:
            done.result()


def test_batches_that_identify_the_same_people_at_once_make_them_once(tracking: Tracking) -> None:
    """Page, form and app report a sign-up within the same millisecond, in any order."""
    people = [f"p{number}@acme.example" for number in range(5)]
    for round_ in range(5):
        batches = []
        for number in range(6):
            order = people[number % 5 :] + people[: number % 5]
            batches.append(
                [
                    message
                    for person in order
                    for message in (
                        tracking.page(f"{round_}-{person}"),
                        tracking.identify(f"{round_}-{person}/{person}", person),
                        tracking.page(f"{round_}-{person}/{person}"),
                    )
                ]
            )
        at_once(6, lambda number, batches=batches: tracking.take(*batches[number]))  # type: ignore[misc]

    assert tracking.value("SELECT count(*) FROM lead") == 5
    assert tracking.histories() == dict.fromkeys(people, 60)
    assert tracking.value("SELECT count(*) FROM visitor") == 5


def test_nothing_is_lost_when_events_and_the_address_come_at_once(tracking: Tracking) -> None:
    """An event that is recorded while its visitor is identified stays nobody's otherwise."""
    for round_ in range(10):
        browser = f"browser-{round_}"
        tracking.take(tracking.page(browser))
        email = f"p{round_}@acme.example"

        def act(number: int, browser: str = browser, email: str = email) -> None:
            if number == 0:
                tracking.take(tracking.identify(browser, email))
            else:
                tracking.take(tracking.page(browser))

        at_once(4, act)

    assert tracking.value("SELECT count(*) FROM engagement WHERE lead_id IS NULL") == 0


events = st.lists(
    st.tuples(
        st.sampled_from(["Demo", "/pricing", "/careers", "/"]),
        st.integers(0, 20 * 24),
        st.sampled_from(["browser", "phone"]),
    ),
    max_size=12,
)


@pytest.fixture(scope="module")
def two(
    make_database: Callable[[], str], postgres_server: EmbeddedPostgres
) -> Iterator[tuple[Tracking, Tracking]]:
    """Two databases for all examples; each example has people of its own."""
    urls = [make_database(), make_database()]
    made = [Tracking(url) for url in urls]
    yield made[0], made[1]
    for one, url in zip(made, urls, strict=True):
        one.database.dispose()
        postgres_server.drop_database(url.rsplit("/", 1)[1])


_PEOPLE = itertools.count(1)


@settings(max_examples=40)
@given(before=events, after=events, cuts=st.integers(1, 5))
def test_a_merged_history_counts_as_if_the_lead_had_been_known(
    two: tuple[Tracking, Tracking],
    before: list[tuple[str, int, str]],
    after: list[tuple[str, int, str]],
    cuts: int,
) -> None:
    """Else a lead's score depends on when it filled in a form."""
    person = f"p{next(_PEOPLE)}"
    known, _merged = two
    for tracking in two:
        identify = [
            tracking.identify(f"{person}-{device}/{person}", f"{person}@acme.example")
            for device in ("browser", "phone")
        ]
        messages = [
            tracking.message(
                "track" if what == "Demo" else "page",
                f"{person}-{device}",
                key=f"{person}-{number}",
                at=NOW - timedelta(hours=hours),
                name=what,
                detail={"path": what},
            )
            for number, (what, hours, device) in enumerate(before + after)
        ]
        first, rest = messages[: len(before)], messages[len(before) :]
        story = [*identify, *first, *rest] if tracking is known else [*first, *identify, *rest]
        size = max(1, len(story) // cuts)
        for start in range(0, len(story), size):
            tracking.take(*story[start : start + size])

    told = [
        (
            tracking.rows(
                "SELECT interest * 2 ^ (extract(epoch FROM interest_as_of - '2026-05-04 09:00+00')"
                f" / 86400.0 / 21) FROM lead WHERE email_key = '{person}@acme.example'"
            ),
            tracking.rows(
                "SELECT key, kind, rule, worth, points, period, at FROM engagement "
                "JOIN lead ON lead.id = lead_id "
                f"WHERE email_key = '{person}@acme.example' ORDER BY key"
            ),
        )
        for tracking in two
    ]
    assert told[0][1] == told[1][1]
    assert len(told[0][1]) == len(before + after)
    assert float(told[0][0][0][0]) == pytest.approx(float(told[1][0][0][0]))
