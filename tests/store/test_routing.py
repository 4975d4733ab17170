"""Routing: what leads would lose if two of them raced, and reps if caps and shares did not hold."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import text

from activities.sales_work import work_for
from domain.contracts.journey import Phase, TaskRequest
from domain.contracts.tasks import TaskKind
from domain.refusals import Conflict
from domain.sales.opportunities import OpportunityPolicy
from store.opportunities.customers import hand_over
from store.opportunities.opportunities import open_beside
from store.published.policies import publish_policy
from store.routing.routing import (
    alert_about_unassigned,
    assign,
    drain_unassigned,
    realign_tasks,
    reassign,
)
from store.routing.unassigned import unassigned
from tests.support.routed_leads import (
    FRIDAY,
    VIENNA,
    enter,
    escalate,
    owners,
    publish,
    rep,
    task,
    team,
)
from tests.support.scored_leads import Book

HOUR = timedelta(hours=1)
OPPORTUNITIES = OpportunityPolicy.model_validate(
    {
        "policy": "opportunity",
        "stages": [{"name": "discovery", "expected": "2 weeks"}],
        "stall_warnings": 1,
    }
)


def many(book: Book, count: int) -> list[int]:
    """Leads in nurture."""
    book.run(
        "INSERT INTO lead (email, email_key, phase, fit, cycle) "
        "SELECT n || '@x.example', n || '@x.example', 'Nurture', 'C', 1 "
        "FROM generate_series(1, :count) AS n",
        count=count,
    )
    return book.values("SELECT id FROM lead ORDER BY id DESC LIMIT :count", count=count)[::-1]


def test_a_thousand_escalations_at_once_keep_caps_and_shares_and_lose_nobody(book: Book) -> None:
    """Twenty reps, of whom the first three are nearly full, get leads from eight threads."""
    weights = {f"rep-{n:02}": 1 + n % 3 for n in range(20)}
    small = list(weights)[:3]
    caps = {code: 10 if code in small else 50 for code in weights}
    crew = [rep(code, weight=weights[code], cap=caps[code]) for code in weights]
    publish(book, team(*crew))
    leads = many(book, 1000)

    escalate(book, leads[:700])

    spread = owners(book)
    full = [code for code in weights if spread[code] == caps[code]]
    assert set(small) < set(full)
    free = {code: weight for code, weight in weights.items() if code not in full}
    share = (700 - sum(caps[code] for code in full)) / sum(free.values())
    assert len(free) > 10
    assert all(abs(spread[code] - weight * share) <= 2 for code, weight in free.items())

    escalate(book, leads[700:])

    assert owners(book) == {**caps, "": 1000 - sum(caps.values())}
    assert book.value("SELECT count(DISTINCT lead_id) FROM assignment") == 1000

    gone = book.values("SELECT id FROM lead WHERE owner <> '' LIMIT 40")
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda lead: enter(book, lead, Phase.RECYCLE), gone))

    assert owners(book) == {**caps, "": 1000 - 40 - sum(caps.values())}
    publish(book, team(*(one | {"cap": 100} for one in crew)))
    with book.database.begin() as connection:
        drain_unassigned(connection, FRIDAY)
    assert sum(owners(book).values()) == 960
    assert "" not in owners(book)


def test_what_waits_gets_an_owner_when_room_appears_and_the_longest_waiting_first(
    book: Book,
) -> None:
    publish(book, team(rep("a", cap=5), rep("b", cap=5)))
    leads = many(book, 40)
    escalate(book, leads)
    with book.database.connect() as connection:
        queue = [one.lead_id for one in unassigned(connection)]
    assert len(queue) == 30

    gone = book.values("SELECT id FROM lead WHERE owner <> '' ORDER BY id")
    for lead in gone[:4]:
        enter(book, lead, Phase.RECYCLE)

    served = "SELECT owner FROM lead WHERE id = ANY(:ids)"
    assert owners(book) == {"a": 5, "b": 5, "": 26}
    assert "" not in book.values(served, ids=queue[:4])

    publish(book, team(rep("a", cap=20), rep("b", cap=20)))
    with book.database.begin() as connection:
        assert len(drain_unassigned(connection, FRIDAY)) == 26
    assert owners(book).get("", 0) == 0
    assert abs(owners(book)["a"] - owners(book)["b"]) <= 2


def test_two_escalations_never_race_for_the_last_place(book: Book) -> None:
    """The second waits until the first has committed, and sees that the place is taken."""
    publish(book, team(rep("a", cap=1)))
    first, second = many(book, 2)
    other: list[str] = []
    thread = threading.Thread(target=lambda: other.append(enter(book, second)))

    with book.database.begin() as connection:
        assert assign(connection, first, FRIDAY) == "a"
        thread.start()
        while not book.value("SELECT count(*) FROM pg_locks WHERE NOT granted"):
            assert thread.is_alive()
        connection.execute(text("UPDATE lead SET phase = 'FollowUp' WHERE id = :id"), {"id": first})
    thread.join()

    assert other == [""]


def test_a_lead_that_is_routed_before_its_journey_arrives_counts_under_the_cap(book: Book) -> None:
    """One that books from a nurture mail would be one too many a moment later."""
    publish(book, team(rep("a", cap=1)))
    booking, other = many(book, 2)
    with book.database.begin() as connection:
        assert assign(connection, booking, FRIDAY) == "a"

    assert enter(book, other) == ""
    enter(book, booking, Phase.RECYCLE, FRIDAY + HOUR)
    with book.database.begin() as connection:
        assert drain_unassigned(connection, FRIDAY + HOUR) == [other]


def test_the_account_s_owner_comes_first_then_who_has_its_other_leads(book: Book) -> None:
    publish(book, team(rep("a"), rep("b"), rep("c")))
    account = book.value("INSERT INTO account (name, name_key) VALUES ('A', 'a') RETURNING id")
    first, second, third = (book.lead(account_id=account) for _ in range(3))
    assert enter(book, first) == "a"

    assert enter(book, second) == "a"
    book.run("UPDATE account SET owner = 'c'")

    assert enter(book, third) == "c"
    assert book.values("SELECT rule FROM assignment ORDER BY id")[1:] == ["account owner"] * 2


def test_a_lead_that_comes_back_returns_to_its_rep_only_where_there_is_room(book: Book) -> None:
    """Else old owners are filled beyond their cap by leads that wake up."""
    publish(book, team(rep("a", cap=1), rep("b")))
    lead = book.lead(phase="Recycle", owner="b")
    assert enter(book, lead) == "b"
    book.lead(phase="FollowUp", owner="a")

    assert enter(book, book.lead(phase="Recycle", owner="a")) == "b"


def test_rules_and_teams_say_who_may_and_the_assignment_says_which_rule(book: Book) -> None:
    publish(
        book,
        team(
            rep("kr", team="korea"),
            rep("us", team="world"),
            teams=[{"team": "korea"}, {"team": "world"}],
            routing=[{"rule": "Korea", "if": 'lead.country == "KR"', "to": "korea"}],
        ),
    )

    assert enter(book, book.lead(country="KR")) == "kr"
    assert book.value("SELECT rule FROM assignment") == "Korea"
    assert book.values("SELECT team FROM rep ORDER BY code") == ["korea", "world"]


def test_who_comes_to_work_begins_level_with_the_colleagues(book: Book) -> None:
    """Else a newcomer gets every lead for weeks."""
    publish(book, team(rep("a"), rep("b"), rep("c")))
    book.run("UPDATE rep SET present = false WHERE code = 'c'")
    for lead in many(book, 30):
        enter(book, lead)
    book.run("UPDATE rep SET present = true WHERE code = 'c'")

    given = [enter(book, book.lead()) for _ in range(9)]

    assert sorted(given) == ["a"] * 3 + ["b"] * 3 + ["c"] * 3


def test_managers_take_no_leads_and_are_told_of_overflow_once_until_it_is_over(book: Book) -> None:
    """An alert per lead would be a thousand on a bad day."""
    people = {
        "managers": [{"code": "boss", "name": "B", "email": "b@x.example"}],
        "teams": [
            {
                "team": "sales",
                "manager": "boss",
                "calendar": VIENNA,
                "unassigned": {"after": "8 business hours"},
            }
        ],
    }
    publish(book, team(rep("a", cap=0), **people))
    assert book.value("SELECT manager FROM rep WHERE code = 'boss'")
    for lead in many(book, 3):
        assert enter(book, lead) == ""
    alerts = "SELECT count(*) FROM alert WHERE kind = 'unassigned' AND answered_at IS NULL"

    # Friday nine to five, the weekend with the clock change, and Austria's national holiday.
    for at, expected in ((timedelta(hours=7, minutes=59), 0), (timedelta(days=3), 1)):
        with book.database.begin() as connection:
            assert alert_about_unassigned(connection, FRIDAY + at) == 3
        assert book.value(alerts) == expected
    assert book.value("SELECT owner FROM alert") == "boss"
    assert book.value("SELECT due_at FROM alert") == FRIDAY + timedelta(hours=8)

    publish(book, team(rep("a", cap=9), **people))
    with book.database.begin() as connection:
        assert len(drain_unassigned(connection, FRIDAY + timedelta(days=4))) == 3
    assert book.value(alerts) == 0


def test_without_a_delay_the_manager_hears_of_overflow_at_once(book: Book) -> None:
    publish(book, team(rep("a", cap=0), rep("b", cap=0), teams=[{"team": "all", "manager": "b"}]))
    for lead in many(book, 2):
        enter(book, lead)

    assert book.values("SELECT owner FROM alert") == ["b"]


def test_a_reassigned_lead_takes_its_tasks_along_and_their_time_begins_anew(book: Book) -> None:
    publish(book, team(rep("a"), rep("b"), teams=[{"team": "sales", "calendar": VIENNA}]))
    lead = book.lead()
    assert enter(book, lead) == "a"
    promised, agreed = task(book, lead), task(book, lead, due_in="", due_at=FRIDAY + HOUR)
    now = FRIDAY + 6 * HOUR

    with book.database.begin() as connection:
        assert reassign(connection, [lead], "b", "boss", now) == [lead]

    assert book.values("SELECT owner FROM task") == ["b", "b"]
    # Two business hours on Friday are left; the weekend and the holiday do not count.
    due = "SELECT due_at AT TIME ZONE 'Europe/Vienna' FROM task WHERE id = :id"
    assert f"{book.value(due, id=promised):%m-%d %H:%M}" == "10-27 11:00"
    assert book.value("SELECT due_at FROM task WHERE id = :id", id=agreed) == FRIDAY + HOUR
    assert book.value("SELECT previous || ' ' || by FROM assignment WHERE owner = 'b'") == "a boss"
    assert book.value("SELECT payload->>'reason' FROM relay_message WHERE name='engagement'") == "b"


def test_a_meeting_that_changes_hands_is_where_its_new_rep_is_met(book: Book) -> None:
    """The lead would sit in the video call of the rep of before, whom nobody expects there. What a
    calendar service has booked stays where it says."""
    places = {"b": "https://meet.example/b/{meeting}", "c": "+49 30 55505678"}
    publish(book, team(rep("a", meeting_link="https://meet.example/a"), rep("b"), rep("c")))
    for code, place in places.items():
        book.run("INSERT INTO rep_profile (rep, place) VALUES (:rep, :at)", rep=code, at=place)
    lead = book.lead(phase="Meeting", owner="a")
    for uid, provider, state in (("u1", "", "booked"), ("u2", "cal", "booked"), ("u3", "", "held")):
        book.run(
            "INSERT INTO meeting (lead_id, starts_at, uid, provider, provider_id, state, owner, "
            "join_url) VALUES (:lead, :at, :uid, :by, :uid, :state, 'a', 'https://meet.example/a')",
            lead=lead,
            at=FRIDAY + 24 * HOUR,
            uid=uid,
            by=provider,
            state=state,
        )

    told = "SELECT concat_ws(' ', owner, join_url, place) FROM meeting ORDER BY uid"
    for to, where in (("b", "https://meet.example/b/u1 "), ("c", " +49 30 55505678")):
        with book.database.begin() as connection:
            reassign(connection, [lead], to, "boss", FRIDAY)
        left = [f"{to} https://meet.example/a ", "a https://meet.example/a "]
        assert book.values(told) == [f"{to} {where}", *left]


def test_who_was_invited_is_invited_anew_by_the_new_rep_and_nobody_else(book: Book) -> None:
    """Calendars would keep an entry of a rep who is not coming; a meeting that nobody heard of yet,
    or that is over, needs no second mail."""
    publish(book, team(rep("a"), rep("b"), rep("c")))
    lead = book.lead(phase="Meeting", owner="a")
    for uid, invited, at in (
        ("told", True, FRIDAY + 24 * HOUR),
        ("untold", False, FRIDAY + 30 * HOUR),
        ("over", True, FRIDAY - HOUR),
    ):
        book.run(
            "INSERT INTO meeting (lead_id, starts_at, uid, state, owner, invited) "
            "VALUES (:lead, :at, :uid, 'booked', 'a', :invited)",
            lead=lead,
            at=at,
            uid=uid,
            invited=invited,
        )
    for to in ("b", "c"):
        with book.database.begin() as connection:
            reassign(connection, [lead], to, "boss", FRIDAY)

    entries = "SELECT concat_ws(' ', owner, attempt, old_owner, old_uid) FROM meeting ORDER BY id"
    assert book.values(entries) == ["c 2 a told", "c 1  ", "c 1  "]
    assert book.value("SELECT uid <> 'told' AND NOT invited FROM meeting ORDER BY id LIMIT 1")
    news = "SELECT payload->>'code' FROM relay_message WHERE name = 'meeting'"
    assert book.values(news) == ["rescheduled"]


@pytest.mark.parametrize(
    ("to", "sentence"),
    [
        ("nobody", "There is no rep 'nobody'. The reps are a, b, c."),
        ("boss", "boss is a manager and takes no leads"),
        ("b", "b has 0 open leads and a cap of 1, so 2 more are too many"),
        ("c", "c is away until 2026-10-24 07:00 UTC"),
    ],
)
def test_a_reassignment_that_will_not_do_is_refused_whole(
    book: Book, to: str, sentence: str
) -> None:
    publish(
        book,
        team(
            rep("a"),
            rep("b", cap=1),
            rep("c"),
            managers=[{"code": "boss", "name": "B", "email": "b@x.example"}],
        ),
    )
    book.run(
        "INSERT INTO absence (rep, begins_at, until) VALUES ('c', :now, :until)",
        now=FRIDAY,
        until=FRIDAY + timedelta(days=1),
    )
    leads = [book.lead(phase="FollowUp", owner="a") for _ in range(2)]

    with book.database.begin() as connection, pytest.raises(Conflict) as refusal:
        reassign(connection, leads, to, "boss", FRIDAY)

    assert sentence in str(refusal.value)
    assert owners(book) == {"a": 2}


def test_a_reassignment_of_a_lead_there_is_not_is_refused_whole(book: Book) -> None:
    publish(book, team(rep("a"), rep("b")))
    lead = book.lead(phase="FollowUp", owner="a")

    with (
        book.database.begin() as connection,
        pytest.raises(Conflict, match="There is no lead 999"),
    ):
        reassign(connection, [lead, 999], "b", "boss", FRIDAY)

    assert owners(book) == {"a": 1}


def test_the_sla_gives_a_lead_to_another_rep_but_never_to_nobody(book: Book) -> None:
    publish(book, team(rep("a"), rep("b", cap=1)))
    first, second = (book.lead(phase="FollowUp", owner="a") for _ in range(2))

    with book.database.begin() as connection:
        assert assign(connection, first, FRIDAY, cause="sla") == "b"
    with book.database.begin() as connection:
        assert assign(connection, second, FRIDAY, cause="sla") == "a"


def test_a_task_that_was_held_while_its_lead_changed_hands_follows_later(book: Book) -> None:
    """Who tried to finish it, and was refused, would keep a lead's task for ever."""
    publish(book, team(rep("a"), rep("b")))
    lead = book.lead()
    enter(book, lead)
    held = task(book, lead)

    with book.database.begin() as person:
        person.execute(text("SELECT FROM task WHERE id = :id FOR UPDATE"), {"id": held})
        with book.database.begin() as connection:
            reassign(connection, [lead], "b", "boss", FRIDAY)
    assert book.value("SELECT owner FROM task") == "a"
    with book.database.begin() as connection:
        assert realign_tasks(connection, FRIDAY) == 1

    assert book.value("SELECT owner FROM task") == "b"
    with book.database.begin() as connection:
        assert realign_tasks(connection, FRIDAY) == 0


def test_a_sale_that_goes_on_stays_with_its_seller_when_the_customer_is_handed_over(
    book: Book,
) -> None:
    """Customer success would find an opportunity among its tasks that it knows nothing of."""
    publish(book, team(rep("a"), rep("b")))
    lead = book.lead()
    enter(book, lead)
    seller = book.value("SELECT owner FROM lead")
    with book.database.begin() as connection:
        publish_policy(connection, "", OPPORTUNITIES)
        sale = open_beside(connection, lead_id=lead, name="Second depot", at=FRIDAY)
    task(book, lead, kind="opportunity", opportunity_id=sale)

    with book.database.begin() as connection:
        hand_over(connection, lead, "b" if seller == "a" else "a", FRIDAY)
        assert realign_tasks(connection, FRIDAY) == 0
        request = TaskRequest(
            key="next-stage",
            lead_id=lead,
            kind=TaskKind.OPPORTUNITY,
            attempt=2,
            opportunity_id=sale,
        )
        assert work_for(connection, request).owner == seller

    assert book.values("SELECT owner FROM task") == [seller]


def test_a_team_sees_of_the_overflow_queue_what_its_rules_name(book: Book) -> None:
    """A rep would read the names of leads that only another team may have."""
    rules = [
        {"rule": "Korea", "if": 'lead.country == "KR"', "to": "asia"},
        {"rule": "others", "to": "a"},
    ]
    crew = [rep("a", team="emea", cap=0), rep("b", team="asia", cap=0)]
    publish(book, team(*crew, teams=[{"team": "emea"}, {"team": "asia"}], routing=rules))
    korean, other = book.lead(country="KR"), book.lead(country="DE")
    enter(book, korean)
    enter(book, other)

    with book.database.connect() as connection:
        seen = {of: [one.lead_id for one in unassigned(connection, of)] for of in ("emea", "asia")}
        assert [one.lead_id for one in unassigned(connection)] == [korean, other]
    assert seen == {"emea": [other], "asia": [korean]}
