"""Who of us is told what: what a rep or a manager would miss, or hear twice."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta

from domain.access import Role
from domain.inbound.verdict import MailVerdict
from domain.notifications.hours import WORKDAYS, WorkingHours
from domain.notifications.kinds import NotificationKind, NotifyBy
from store.access.users import add_user, change_user
from store.alerts import NewAlert, raise_alerts
from store.mail.inbound import Inbound, receive_mail
from store.notifications import choices, deliveries
from store.notifications.digests import raise_digests
from store.notifications.unseen import list_notifications, mark_seen, unseen
from store.routing import routing
from store.sla.hot_leads import escalate
from tests.support.sales_floor import FRIDAY, Floor, at

MONDAY = at("03-30", "10:00")


def user(floor: Floor, role: Role, rep: str = "", by_mail: Sequence[str] = ()) -> int:
    """Somebody who signs in, and wants to hear of some things by mail."""
    with floor.database.begin() as connection:
        made = add_user(connection, f"{rep or role}@lindenmoor.example", rep or role, role, rep)
        kinds = {NotifyBy.MAIL: [NotificationKind(one) for one in by_mail]}
        if by_mail:
            choices.choose(connection, made, kinds, WorkingHours("UTC"))
    floor.value("DELETE FROM relay_message RETURNING 1")
    return made


def told(floor: Floor, user_id: int) -> list[str]:
    """What a user was told of, the first first."""
    with floor.database.connect() as connection:
        found = list_notifications(connection, user_id, limit=100)
    return [one.kind for one in reversed(found)]


def going(floor: Floor) -> list[tuple[object, ...]]:
    """What goes out, and the messages of the relay that see to it."""
    return floor.rows(
        "SELECT workflow_id FROM relay_message WHERE kind = 'notify' ORDER BY workflow_id"
    )


def test_a_new_task_is_told_to_its_owner_once(floor: Floor) -> None:
    """The rep would look at the list now and then, or be told by every retry."""
    hana, ops = user(floor, Role.SDR, "rep-1", ["new_task"]), user(floor, Role.OPS)
    user(floor, Role.MANAGER, "rep-2", ["hot_lead"])

    floor.opens(floor.lead(), FRIDAY)

    assert told(floor, hana) == ["new_task"]
    assert told(floor, ops) == []
    assert going(floor) == [(f"notify-{hana}-mail",)]
    assert floor.rows("SELECT payload FROM relay_message WHERE kind = 'notify'") == [
        ({"user_id": hana, "way": "mail"},)
    ]


def test_a_hot_lead_reaches_whoever_gets_it_and_its_task_says_nothing_more(floor: Floor) -> None:
    """Nobody owns it when it turns hot; the five minutes run for the rep who gets it then."""
    hana = user(floor, Role.SDR, "rep-1")
    lead = floor.lead(owner="")
    with floor.database.begin() as connection:
        hot = NewAlert(f"hot:lead-{lead}", "hot_lead", "", MONDAY, lead)
        raise_alerts(connection, [hot], MONDAY)
    assert told(floor, hana) == []

    with floor.database.begin() as connection:
        routing.reassign(connection, [lead], "rep-1", "boss", MONDAY)
    floor.opens(lead, MONDAY)

    assert told(floor, hana) == ["hot_lead"]


def test_who_gets_a_lead_of_a_colleague_is_told_and_who_takes_it_is_not(floor: Floor) -> None:
    """A lead would lie with somebody who does not know of it."""
    jonas = user(floor, Role.MANAGER, "rep-2")
    leads = [floor.lead(), floor.lead()]
    with floor.database.begin() as connection:
        routing.reassign(connection, leads[:1], "rep-2", "boss", MONDAY)
        routing.reassign(connection, leads[1:], "rep-2", "rep-2", MONDAY)

    assert told(floor, jonas) == ["reassigned"]


def test_three_hundred_leads_are_one_message(floor: Floor) -> None:
    """Whoever takes a colleague's leads over would get as many mails."""
    user(floor, Role.SDR, "rep-2", ["reassigned"])
    leads = [floor.lead() for _ in range(30)]

    with floor.database.begin() as connection:
        routing.reassign(connection, leads, "rep-2", "boss", MONDAY)

    assert len(going(floor)) == 1
    assert floor.value("SELECT count(*) FROM notification_delivery WHERE state = 'waiting'") == 30


def test_a_broken_promise_is_told_to_the_rep_and_then_to_the_manager(floor: Floor) -> None:
    hana = user(floor, Role.SDR, "rep-1")
    boss = user(floor, Role.MANAGER)
    floor.value("UPDATE console_user SET rep = 'boss' WHERE id = :id RETURNING id", id=boss)
    task = floor.opens(floor.lead(), FRIDAY)

    floor.minds(task, at("03-30", "09:31"))
    floor.minds(task, at("03-30", "15:00"))

    assert told(floor, hana)[:2] == ["new_task", "sla_breach"]
    assert told(floor, boss) == ["sla_breach"]


def test_a_hot_lead_that_nobody_answers_is_told_to_the_manager_once(floor: Floor) -> None:
    """Five minutes are worth nothing if nobody looks when they are over."""
    boss = user(floor, Role.MANAGER)
    floor.value("UPDATE console_user SET rep = 'boss' WHERE id = :id RETURNING id", id=boss)
    lead = floor.lead()
    with floor.database.begin() as connection:
        raise_alerts(connection, [NewAlert("hot:1", "hot_lead", "rep-1", MONDAY, lead)], MONDAY)
    alert = floor.value("SELECT id FROM alert")

    def looks(minutes: int) -> datetime | None:
        with floor.database.begin() as connection:
            return escalate(connection, alert, MONDAY + timedelta(minutes=minutes))

    assert looks(0) == MONDAY + timedelta(minutes=10)
    assert told(floor, boss) == []
    assert [looks(10), looks(20)] == [None, None]
    assert told(floor, boss) == ["escalated"]
    task = floor.opens(lead, MONDAY)
    floor.answers(task, "accept", MONDAY + timedelta(minutes=30))
    assert floor.value("SELECT count(*) FROM alert WHERE answered_at IS NULL") == 0
    assert looks(40) is None


def test_mail_that_nobody_can_attribute_is_told_to_somebody(floor: Floor) -> None:
    """It would lie in the tray until somebody looks there."""
    admin = user(floor, Role.ADMIN)
    floor.value("UPDATE rep SET manager = false RETURNING 1")
    mail = Inbound(
        "1@x", [], "bo@x.example", "bo@x.example", "Hm", "Hello?", MailVerdict("reply"), MONDAY
    )
    with floor.database.begin() as connection:
        assert receive_mail(connection, mail)
        assert not receive_mail(connection, mail)

    assert told(floor, admin) == ["received_mail"]


def test_what_was_done_meanwhile_is_told_no_more(floor: Floor) -> None:
    """In the morning nobody needs to hear of last night's task that a colleague did."""
    hana = user(floor, Role.SDR, "rep-1", ["new_task"])
    done = floor.opens(floor.lead(), FRIDAY)
    floor.opens(floor.lead(), FRIDAY)
    floor.answers(done, "accept", FRIDAY)

    with floor.database.begin() as connection:
        _, found = deliveries.claim(connection, hana, "mail")
        count = unseen(connection, [hana])[hana]

    assert len(found) == 1
    assert count.number == 1
    assert floor.rows("SELECT state FROM notification_delivery ORDER BY notification_id") == [
        ("skipped",),
        ("waiting",),
    ]


def test_an_attempt_that_froze_sends_nothing_when_it_wakes(floor: Floor) -> None:
    """The next one has the batch: the colleague would be told twice."""
    hana = user(floor, Role.SDR, "rep-1", ["new_task"])
    floor.opens(floor.lead(), FRIDAY)
    with floor.database.begin() as connection:
        frozen, _ = deliveries.claim(connection, hana, "mail")
        second, _ = deliveries.claim(connection, hana, "mail")
        assert not deliveries.mark(connection, frozen)
        assert deliveries.mark(connection, second)
        assert not deliveries.mark(connection, second)


def test_an_address_that_fails_is_tried_at_growing_gaps_and_then_switched_off(
    floor: Floor,
) -> None:
    """It would be tried for ever, and its owner believe that nothing happens."""
    hana = user(floor, Role.SDR, "rep-1", ["new_task"])
    with floor.database.begin() as connection:
        choices.keep_address(connection, hana, service="slack", sealed="x", shown_as="x/…1234")
        outcomes = [
            deliveries.has_failed(connection, hana, NotifyBy.CHAT, "500", MONDAY, for_good=False)
            for _ in range(8)
        ]
        chat = choices.choices_of(connection, hana).ways[NotifyBy.CHAT]

    assert outcomes == [False] * 7 + [True]
    assert (chat.active, chat.error) == (False, "500")
    assert told(floor, hana) == ["way_off"]
    assert floor.rows("SELECT way FROM notification_delivery WHERE state = 'waiting'") == [
        ("mail",)
    ]


def test_each_morning_has_one_digest(floor: Floor) -> None:
    """The sweep looks every five minutes, and again after an outage."""
    hana = user(floor, Role.SDR, "rep-1")
    with floor.database.begin() as connection:
        hours = WorkingHours("Europe/Berlin", WORKDAYS, digest_at=time(8))
        choices.choose(connection, hana, {NotifyBy.MAIL: [NotificationKind.DIGEST]}, hours)
    for clock in ("07:55", "08:00", "08:05", "11:55"):
        with floor.database.begin() as connection:
            raise_digests(connection, at("03-30", clock))
    assert told(floor, hana) == ["digest"]

    with floor.database.begin() as connection:
        raise_digests(connection, at("03-31", "08:00"))

    assert told(floor, hana) == ["digest", "digest"]
    with floor.database.begin() as connection:
        _, found = deliveries.claim(connection, hana, "mail")
    assert [one.kind for one in found] == ["digest", "digest"]


def test_who_was_disabled_is_told_nothing(floor: Floor) -> None:
    """Whoever has left would still read who our leads are."""
    hana = user(floor, Role.SDR, "rep-1", ["new_task"])
    with floor.database.begin() as connection:
        change_user(connection, hana, datetime.now(UTC), disabled=True)

    floor.opens(floor.lead(), FRIDAY)

    assert told(floor, hana) == []
    assert going(floor) == []


def test_what_was_seen_counts_no_more(floor: Floor) -> None:
    hana = user(floor, Role.SDR, "rep-1")
    floor.opens(floor.lead(), FRIDAY)
    with floor.database.begin() as connection:
        assert unseen(connection, [hana])[hana].number == 1
        assert mark_seen(connection, hana, datetime.now(UTC)) == 1
        assert unseen(connection, [hana]) == {}
