"""What leads do, however it comes in: points, machines and caps depend on what happened, and not
on when or how often we heard of it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from threading import Barrier

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from domain.scoring.interest import score
from domain.scoring.standing import at_least, standing_of
from store.mail.ledger import record_delivered
from store.scoring.engagement import LeadActivity, record
from store.scoring.scoring import recount
from tests.support.scored_leads import NOW, Book, Row, record_all, scoring

RULES = scoring()
BEGAN = NOW - timedelta(days=8)
KINDS = ("open", "click", "click", "click", "reply", "track", "prices", "jobs", "unsubscribe")
LEADS = 3
TOUCHES = 2
"""Of each lead."""


@dataclass(frozen=True)
class Deed:
    """Something one of the leads of an example does; ``touch`` is which of its mails it is
    about."""

    lead: int
    key: str
    kind: str
    at: datetime
    touch: int | None
    url: str
    machine: str


@st.composite
def deeds(draw: st.DrawFn) -> list[Deed]:
    """Events close together and far apart, many at the same time."""
    number = draw(st.integers(1, 25))
    seconds = st.sampled_from([0, 0, 3, 6, 9, 15, 40, 3600, 86_400, 200_000, 600_000])
    made = []
    for place in range(number):
        kind = draw(st.sampled_from(KINDS))
        visit = kind in ("open", "click")
        made.append(
            Deed(
                draw(st.integers(0, LEADS - 1)),
                f"{draw(st.sampled_from('aBZ'))}{place}",
                kind,
                BEGAN + timedelta(seconds=draw(seconds)),
                draw(st.integers(0, TOUCHES - 1)) if visit else None,
                f"https://example.com/{draw(st.integers(0, 3))}",
                draw(st.sampled_from(["", "", "", "agent", "privacy_proxy"])) if visit else "",
            )
        )
    return made


class Cast:
    """Leads with mails, to whom an example happens."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.leads = [book.lead() for _ in range(LEADS)]
        self.touches = [
            [book.touch(lead, BEGAN - timedelta(hours=1)) for _ in range(TOUCHES)]
            for lead in self.leads
        ]

    def happened(self, deed: Deed) -> LeadActivity:
        """The deed as it is recorded of our leads."""
        page = {"prices": "/pricing/", "jobs": "/careers/"}.get(deed.kind)
        return LeadActivity(
            f"{self.leads[0]}:{deed.key}",
            "page" if page else deed.kind,
            deed.at,
            lead_id=self.leads[deed.lead],
            touch_id=None if deed.touch is None else self.touches[deed.lead][deed.touch],
            name="Demo Requested",
            detail={"path": page} if page else {"url": deed.url},
            machine=deed.machine,
        )

    def delivered(self, lead: int, touch: int) -> None:
        """Learn that a mail was delivered just when the example began."""
        touch_id = self.touches[lead][touch]
        with self.book.database.begin() as connection:
            delivered = record_delivered(connection, {touch_id: BEGAN})
            record(connection, [], NOW, delivered=delivered)

    def rows(self) -> list[list[Row]]:
        """What each lead did, as it counts."""
        return [self.book.rows(lead) for lead in self.leads]

    def interests(self) -> list[float]:
        """The points that each lead has."""
        return [self.book.interest(lead, RULES) for lead in self.leads]


def split(happened: Sequence[LeadActivity], chance: random.Random) -> list[list[LeadActivity]]:
    """Batches of any size."""
    batches: list[list[LeadActivity]] = [[]]
    for one in happened:
        if batches[-1] and chance.random() < 0.4:
            batches.append([])
        batches[-1].append(one)
    return batches


@settings(
    max_examples=25,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(what=deeds(), seed=st.integers(0, 2**32), connections=st.integers(1, 2))
def test_points_are_the_same_in_whatever_order_and_batches_the_news_come(
    book: Book, what: list[Deed], seed: int, connections: int
) -> None:
    """A webhook that is retried, shuffled or split would make a lead hotter or colder."""
    chance = random.Random(seed)
    tidy, untidy = Cast(book), Cast(book)
    mails = [(lead, touch) for lead in range(LEADS) for touch in range(TOUCHES)]
    late = {mail for mail in mails if chance.random() < 0.5}
    for cast in (tidy, untidy):
        for mail in mails:
            if cast is tidy or mail not in late:
                cast.delivered(*mail)
    for deed in sorted(what, key=lambda deed: (deed.at, deed.key)):
        book.record(tidy.happened(deed))

    again = [deed for deed in what if chance.random() < 0.3]
    shuffled = [untidy.happened(deed) for deed in [*what, *again]]
    chance.shuffle(shuffled)
    batches = split(shuffled, chance)
    with ThreadPoolExecutor(connections) as threads:

        def work(mine: int) -> None:
            with book.database.connect() as connection:
                record_all(connection, batches[mine::connections])

        list(threads.map(work, range(connections)))
    for mail in late:
        untidy.delivered(*mail)

    assert untidy.rows() == tidy.rows()
    assert untidy.interests() == pytest.approx(tidy.interests(), abs=1e-6)
    for lead in (*tidy.leads, *untidy.leads):
        points = book.interest(lead, RULES)
        assert points == pytest.approx(book.interest_by_rows(lead, RULES), abs=1e-6)
        meaning = standing_of(RULES, "C", score(points)).meaning
        assert book.stage(lead) == "engaged" or not at_least(meaning, "engaged")
        assert len(book.crossings(lead)) <= 1
        crossed = [code for _, code, _ in book.news(lead) if code == "score_reached"]
        assert len(crossed) == len(book.crossings(lead))
    with book.database.begin() as connection:
        recount(connection, untidy.leads, NOW)
    assert untidy.rows() == tidy.rows()
    assert untidy.interests() == pytest.approx(tidy.interests(), abs=1e-6)


def test_gains_alone_bring_every_order_to_the_same_stage_and_crossing(book: Book) -> None:
    """Of two leads that did the same, sales would hear of one."""
    happened = [LeadActivity("reply", "reply", NOW - timedelta(days=day)) for day in range(3)]

    leads = []
    for order in ([0, 1, 2], [2, 1, 0], [1, 0, 2]):
        lead = book.lead()
        leads.append(lead)
        for place in order:
            book.record(replace(happened[place], lead_id=lead, key=f"{lead}:{place}"))
    together = book.lead()
    book.record(
        *[replace(one, lead_id=together, key=f"{together}:{n}") for n, one in enumerate(happened)]
    )

    for lead in (*leads, together):
        assert book.stage(lead) == "engaged"
        assert book.crossings(lead) == [(1, "event")]


def test_an_event_that_comes_twice_in_one_batch_counts_once(book: Book) -> None:
    """A webhook may hold the same event twice; one demo request would be worth two."""
    lead = book.lead()
    demo = LeadActivity("x:demo", "track", NOW, lead_id=lead, name="Demo Requested")

    assert book.record(demo, demo, demo) == {"x:demo"}

    assert book.interest(lead, RULES) == 60


def test_nobody_waits_for_ever_when_batches_hold_the_same_leads_in_any_order(book: Book) -> None:
    """Two web processes would stop each other, and the provider's events be refused."""
    leads = [book.lead() for _ in range(12)]
    touches = {lead: book.touch(lead, BEGAN) for lead in leads}
    barrier = Barrier(2)

    def work(worker: int) -> None:
        order = leads if worker else leads[::-1]
        barrier.wait(30)
        with book.database.connect() as connection:
            record_all(
                connection,
                [
                    [
                        # Every other event comes to both.
                        LeadActivity(
                            f"{worker if place % 2 else 'both'}:{number}-{place}",
                            ("click", "reply", "open", "page")[(number + place) % 4],
                            BEGAN + timedelta(minutes=number),
                            lead_id=lead,
                            touch_id=touches[lead],
                            detail={"path": "/pricing", "url": f"https://example.com/{place}"},
                        )
                        for place, lead in enumerate(order)
                    ]
                    for number in range(100)
                ],
            )

    with ThreadPoolExecutor(2) as threads:
        list(threads.map(work, range(2)))

    assert book.value("SELECT count(*) FROM engagement") == 100 * (2 * 6 + 6)
    for lead in leads:
        expected = book.interest_by_rows(lead, RULES)
        assert book.interest(lead, RULES) == pytest.approx(expected, abs=1e-6)
        assert len(book.crossings(lead)) == 1


def clicks(book: Book, lead: int, *seconds: float, url: str = "") -> list[LeadActivity]:
    """Clicks of a mail that went out an hour ago, each on a link of its own or all on ``url``."""
    touch = book.touch(lead, NOW - timedelta(hours=1))
    return [
        LeadActivity(
            f"{touch}:{place}",
            "click",
            NOW + timedelta(seconds=second),
            lead_id=lead,
            touch_id=touch,
            detail={"url": url or f"https://example.com/{place}"},
        )
        for place, second in enumerate(seconds)
    ]


def test_a_scanner_that_shows_itself_late_loses_what_its_first_clicks_gave(book: Book) -> None:
    """Its clicks come in several batches; the first ones looked like a person's."""
    lead = book.lead()
    soon = NOW + timedelta(minutes=5)
    first, second, third, person = clicks(book, lead, 0, 4, 8, 120)

    book.record(first, now=soon)
    book.record(second, now=soon)
    assert book.interest(lead, RULES, NOW) == pytest.approx(20, abs=0.1)
    book.record(person, now=soon)
    assert [row.points for row in book.rows(lead)] == [10, 10, 0], "two a day count"
    book.record(third, now=soon)

    marks = ["all_links", "all_links", "all_links", ""]
    assert [(row.machine, row.points) for row in book.rows(lead)] == list(
        zip(marks, [0, 0, 0, 10], strict=True)
    )
    assert book.interest(lead, RULES, person.at) == pytest.approx(10, abs=1e-6)


def test_clicks_from_before_the_delivery_that_we_learn_of_later_lose_their_points(
    book: Book,
) -> None:
    """The delivery is reported after the clicks as often as before them."""
    lead = book.lead()
    early, early_too, person = clicks(book, lead, 0, 2, 7200, url="https://example.com/same")
    book.record(early, early_too, person, now=person.at)
    assert [row.points for row in book.rows(lead)] == [10, 10, 0]

    with book.database.begin() as connection:
        delivered = record_delivered(connection, {early.touch_id or 0: NOW - timedelta(seconds=5)})
        record(connection, [], person.at, delivered=delivered)

    assert [row.machine for row in book.rows(lead)] == ["prefetch", "prefetch", ""]
    assert [row.points for row in book.rows(lead)] == [0, 0, 10]
    assert book.interest(lead, RULES, person.at) == pytest.approx(10, abs=1e-6)


def test_a_machine_takes_no_place_under_a_cap_and_wakes_nobody(book: Book) -> None:
    """A scanner that opens every link would use up what the person's own click is worth."""
    lead = book.lead(phase="Recycle")
    scanner, again, person = clicks(book, lead, 0, 60, 120)

    book.record(replace(scanner, machine="agent"), replace(again, machine="network"))
    assert book.news(lead) == []
    book.record(person)

    assert [row.points for row in book.rows(lead)] == [0, 0, 10]
    assert book.news(lead) == [("signal", "interest", 1)]


def test_points_given_by_hand_are_neither_capped_nor_lost_in_a_recount(book: Book) -> None:
    lead = book.lead()
    book.record(LeadActivity("x:hand", "score", NOW, lead_id=lead, points=25))

    with book.database.begin() as connection:
        recount(connection, [lead], NOW)

    assert book.interest(lead, RULES) == 25
    assert book.rows(lead) == [Row("hand", "given by hand", 25, "")]
