"""The ledger under fire: nobody gets a mail twice, and none is dropped without a word."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from pydantic import SecretStr
from sqlalchemy import Engine, create_engine, text
from temporalio.exceptions import ApplicationError

from domain.consent.policy import MARKETING_STOPS, FrequencyCap
from mail.channels.base import (
    AddressRejected,
    Channel,
    ChannelError,
    DeliveryReceipt,
    EmailMessage,
    HandOver,
    OutcomeUnknown,
    TryAgain,
    unmarked,
)
from mail.channels.outbox import OutboxChannel
from settings import Settings
from store.mail import ledger
from store.mail.inbound import receive_mail
from tests.support.sending import NOW, Desk, Provider
from web.webhooks.inbound_mail import Form, read_mail

MakeDesk = Callable[[Channel], Desk]
BUSY = TryAgain(30.0, "The provider asks us to slow down.")


def provider(*answers: ChannelError, knows: bool = False, dies: str = "") -> Provider:
    """A provider that gives these answers first."""
    return Provider(knows=knows, answers=deque(answers), dies=dies)


def test_a_mail_goes_out_once_and_the_ledger_has_the_providers_own_id(desk: MakeDesk) -> None:
    company = provider()
    here = desk(company)

    assert here.deliver() == "sent"

    assert len(company.accepted) == 1
    assert here.touch("state", "provider_message_id", "sent_at", "error") == (
        "sent",
        "theirs-1",
        NOW,
        "",
    )


def test_a_mail_program_that_only_writes_mails_can_unsubscribe_somebody(desk: MakeDesk) -> None:
    """Without an address it shows no button (RFC 2369), and the lead presses the one for spam."""
    kept: list[EmailMessage] = []

    class Keeps(Provider):
        def send(
            self, message: EmailMessage, before_hand_over: HandOver = unmarked
        ) -> DeliveryReceipt:
            kept.append(message)
            return super().send(message, before_hand_over)

    here = desk(Keeps())
    here.deliver()
    here.settings = here.settings.model_copy(
        update={"sendgrid_inbound_password": SecretStr("f3a91c07be52d846")}
    )
    here.resources = replace(here.resources, settings=here.settings)
    here.deliver(key="enrollment-1:hello:2")

    (without, _), (both, message_id) = (
        (one.headers["List-Unsubscribe"], one.message_id) for one in kept
    )
    assert "mailto" not in without
    link, address = both.split(", ")
    assert link.startswith(("<https://", "<http://"))
    told = urlsplit(address.strip("<>"))
    assert (told.scheme, told.path) == ("mailto", here.settings.email_from)
    assert parse_qs(told.query) == {"subject": ["unsubscribe"], "In-Reply-To": [f"<{message_id}>"]}

    written = Form(
        {
            "headers": f"From: ada@lovelace.example\r\nIn-Reply-To: <{message_id}>\r\n".encode(),
            "from": b"ada@lovelace.example",
            "subject": b"unsubscribe",
            "text": b"",
        }
    )
    with here.database.begin() as connection:
        receive_mail(connection, read_mail(written, NOW))
    assert here.value("SELECT reason FROM suppression") == "unsubscribed"


def test_a_retry_after_sending_sends_the_lead_nothing_more(desk: MakeDesk) -> None:
    company = provider()
    here = desk(company)
    here.deliver(attempt=1)

    assert here.deliver(attempt=2) == "sent"

    assert len(company.accepted) == 1


@pytest.mark.parametrize("dies", ["marked", "after"])
def test_a_dead_attempt_is_made_good_where_the_provider_can_be_asked(
    desk: MakeDesk, dies: str
) -> None:
    """Killed around the call: the lead would get the mail twice, or never."""
    company = provider(knows=True, dies=dies)
    here = desk(company)
    here.die()
    assert here.touch("state") == ("sending",)

    assert here.deliver(attempt=2) == "sent"

    assert len(company.accepted) == 1
    assert here.touch("state", "error") == ("sent", "")


def test_an_attempt_that_died_before_the_hand_over_is_made_good_at_any_provider(
    desk: MakeDesk,
) -> None:
    """Killed while it wrote the mail or connected: the lead would miss the mail for good."""
    company = provider(dies="before")
    here = desk(company)
    here.die()
    assert here.touch("state") == ("claimed",)

    assert here.deliver(attempt=2) == "sent"

    assert len(company.accepted) == 1


@pytest.mark.parametrize("number", [1, 2], ids=["a local activity's", "an activity's"])
def test_an_attempt_that_slept_through_its_replacement_sends_nothing(
    desk: MakeDesk, number: int
) -> None:
    """Frozen between claim and mark until Temporal gave up on it, it would send a second mail.
    What is done again with a workflow task has the number that the frozen attempt has."""
    company = provider()
    here = desk(company)

    class Frozen(Provider):
        def send(
            self, message: EmailMessage, before_hand_over: HandOver = unmarked
        ) -> DeliveryReceipt:
            assert here.deliver(attempt=number) == "sent"
            return super().send(message, before_hand_over)

    woken = Frozen()
    with pytest.raises(ApplicationError):
        here.with_channel(woken).deliver(attempt=1)

    assert (len(company.accepted), woken.accepted) == (1, [])
    assert here.touch("state") == ("sent",)


@pytest.mark.parametrize("dead_before", [False, True])
def test_who_says_no_after_the_claim_is_heard_at_the_last_moment(
    desk: MakeDesk, dead_before: bool
) -> None:
    """The mail is being written, or waits for the next attempt, while the lead unsubscribes."""
    company = provider(dies="before" if dead_before else "")
    here = desk(company)
    if dead_before:
        here.die()
        here.suppress("unsubscribed")
    else:
        here = here.with_channel(Interrupted(lambda: here.suppress("unsubscribed")))

    assert here.deliver(attempt=2) == "suppressed"

    assert here.touch("state", "sent_at") == ("suppressed", None)
    assert company.accepted == []


class Interrupted(Provider):
    """A provider before whose turn something else happens."""

    def __init__(self, meanwhile: Callable[[], None]) -> None:
        super().__init__()
        self.meanwhile = meanwhile

    def send(self, message: EmailMessage, before_hand_over: HandOver = unmarked) -> DeliveryReceipt:
        """Take the mail, later."""
        self.meanwhile()
        return super().send(message, before_hand_over)


def test_a_claim_that_died_and_now_has_no_room_waits_as_planned(desk: MakeDesk) -> None:
    """It would count under the caps of the mails that the lead gets instead."""
    here = desk(provider(dies="before"))
    here.die()
    here.run(
        "INSERT INTO touch (key, lead_id, step, topic, channel, state, planned_at) "
        "VALUES ('other', :lead, 'other', 'nurture', 'stand-in', 'sent', :at)",
        lead=here.lead_id,
        at=NOW - timedelta(hours=1),
    )

    assert here.deliver(attempt=2, caps=(FrequencyCap(1, "day"),)) == "capped"

    assert here.value("SELECT state FROM touch WHERE key <> 'other'") == "planned"


@pytest.mark.parametrize("at", ["mark", "settle"])
def test_a_database_that_fails_for_a_moment_costs_no_mail(desk: MakeDesk, at: str) -> None:
    """The sessions of the worker are ended between two steps; it lives on and knows what it did."""
    here = desk(provider())
    sent = []

    class Cut(Provider):
        def send(
            self, message: EmailMessage, before_hand_over: HandOver = unmarked
        ) -> DeliveryReceipt:
            if at == "mark":
                cut_connections(here.database)
            before_hand_over()
            sent.append(message.touch_key)
            if at == "settle":
                cut_connections(here.database)
            return DeliveryReceipt("theirs-1")

    assert here.with_channel(Cut()).deliver() == "sent"

    here.database.dispose()
    assert len(sent) == 1
    assert here.touch("state", "provider_message_id") == ("sent", "theirs-1")


def cut_connections(database: Engine) -> None:
    """End every session of the database but one of our own, as a fail-over does."""
    other = create_engine(database.url)
    with other.connect() as connection:
        connection.execute(
            text(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
                "WHERE datname = current_database() AND pid <> pg_backend_pid() "
                "AND backend_type = 'client backend'"
            )
        )
    other.dispose()


@pytest.mark.parametrize("dies", ["marked", "after"])
def test_a_dead_attempt_is_never_repeated_where_nobody_can_tell(desk: MakeDesk, dies: str) -> None:
    """Guessing would double the mail of every lead in flight at each crash."""
    company = provider(dies=dies)
    here = desk(company)
    here.die()
    taken = list(company.accepted)

    assert [here.deliver(attempt=2), here.deliver(attempt=3)] == ["unknown", "unknown"]

    assert company.accepted == taken
    assert here.touch("state", "sent_at") == ("unknown", None)


def test_the_outbox_itself_knows_what_it_took(desk: MakeDesk) -> None:
    """The demo and every test of faults stand on this."""
    here = desk(provider())
    outbox = OutboxChannel(here.database, Settings().clock())

    class DyingOutbox(Provider):
        def was_accepted(self, touch_key: str) -> bool | None:
            return outbox.was_accepted(touch_key)

    here.with_channel(DyingOutbox(dies="marked")).die()
    here = here.with_channel(outbox)

    assert [here.deliver(attempt=2), here.deliver(attempt=3)] == ["sent", "sent"]
    assert here.value("SELECT count(*) FROM outbox_message") == 1


def test_a_busy_provider_gets_the_mail_when_it_asked_for_it(desk: MakeDesk) -> None:
    """Retrying sooner gets a sender blocked; not retrying loses the mail."""
    company = provider(BUSY)
    here = desk(company)

    with pytest.raises(ApplicationError) as again:
        here.deliver(attempt=1)
    assert again.value.next_retry_delay == timedelta(seconds=30)
    assert here.touch("state", "error") == ("planned", BUSY.reason)

    assert here.deliver(attempt=2) == "sent"
    assert len(company.accepted) == 1
    assert here.touch("state", "error") == ("sent", "")


def test_a_provider_that_names_no_time_leaves_the_pace_to_the_retry_policy(
    desk: MakeDesk,
) -> None:
    here = desk(provider(TryAgain(None, "The provider is down.")))

    with pytest.raises(ApplicationError) as again:
        here.deliver()

    assert again.value.next_retry_delay is None
    assert not again.value.non_retryable


@pytest.mark.parametrize(
    ("answer", "state"),
    [
        (AddressRejected("550 5.1.1", "There is no such mailbox."), "failed"),
        (OutcomeUnknown("The connection broke after the message."), "unknown"),
    ],
)
def test_a_mail_that_fails_fails_alone(desk: MakeDesk, answer: ChannelError, state: str) -> None:
    """An error here would stop the journey of a lead for one bad address."""
    company = provider(answer)
    here = desk(company)

    assert [here.deliver(attempt=1), here.deliver(attempt=2)] == [state, state]

    assert company.accepted == []
    assert here.touch("state", "sent_at") == (state, None)


def test_a_template_that_breaks_on_one_lead_fails_that_mail_alone(desk: MakeDesk) -> None:
    company = provider()
    here = desk(company)

    assert here.deliver(body="{{ lead.shoe_size }}") == "failed"

    assert company.accepted == []
    (error,) = here.touch("error")
    assert error.startswith("template: ")
    told = "SELECT count(*) FROM failing_activity WHERE given_up AND error = 'RenderError'"
    assert here.value(told) == 1, "somebody has to fix the template"
    assert "Ada" not in error


@pytest.mark.parametrize("reason", MARKETING_STOPS)
def test_who_was_suppressed_before_the_claim_gets_no_marketing_mail(
    desk: MakeDesk, reason: str
) -> None:
    company = provider()
    here = desk(company)
    here.suppress(reason)

    assert [here.deliver(attempt=1), here.deliver(attempt=2)] == ["suppressed", "suppressed"]

    assert company.accepted == []


def test_who_unsubscribes_while_the_provider_is_busy_gets_no_mail_either(desk: MakeDesk) -> None:
    company = provider(BUSY)
    here = desk(company)
    with pytest.raises(ApplicationError):
        here.deliver(attempt=1)
    here.suppress("unsubscribed")

    assert here.deliver(attempt=2) == "suppressed"

    assert company.accepted == []


@pytest.mark.parametrize(
    ("reason", "state"),
    [
        ("unsubscribed", "sent"),
        ("manual", "sent"),
        ("soft_bounced", "sent"),
        ("bounced", "suppressed"),
        ("complained", "suppressed"),
    ],
)
def test_an_unsubscribed_lead_still_learns_of_its_own_meeting(
    desk: MakeDesk, reason: str, state: str
) -> None:
    here = desk(provider())
    here.suppress(reason)

    assert here.deliver(topic="") == state


def test_two_attempts_at_once_send_one_mail(desk: MakeDesk) -> None:
    """A slow attempt that Temporal gave up on still has the mail at the provider when the next one
    begins; the lead would get both."""
    company = provider()
    here = desk(company)
    company.may_answer.clear()
    with ThreadPoolExecutor(1) as thread:
        slow = thread.submit(here.deliver, attempt=1)
        assert company.entered.wait(30)
        state = here.deliver(attempt=2)
        company.may_answer.set()
        assert slow.result(30) == "sent"

    assert state == "unknown"
    assert len(company.accepted) == 1
    assert here.touch("state") == ("sent",), "the slow attempt's success was not recorded"


def test_two_attempts_at_once_put_one_mail_into_the_outbox(desk: MakeDesk) -> None:
    """Asked in the middle of a slow attempt, the outbox truly has not got the mail yet."""
    here = desk(provider())
    outbox = OutboxChannel(here.database, Settings().clock())

    class SlowOutbox(Provider):
        def send(
            self, message: EmailMessage, before_hand_over: HandOver = unmarked
        ) -> DeliveryReceipt:
            super().send(message, before_hand_over)
            return outbox.send(message)

    slow_outbox = SlowOutbox()
    slow_outbox.may_answer.clear()
    with ThreadPoolExecutor(1) as thread:
        slow = thread.submit(here.with_channel(slow_outbox).deliver, attempt=1)
        assert slow_outbox.entered.wait(30)
        assert here.with_channel(outbox).deliver(attempt=2) == "sent"
        slow_outbox.may_answer.set()
        assert slow.result(30) == "sent"

    assert here.value("SELECT count(*) FROM outbox_message") == 1
    assert here.touch("state") == ("sent",)


def test_an_attempt_that_was_given_up_on_does_not_undo_the_next_ones_claim(
    desk: MakeDesk,
) -> None:
    """It would open the touch again while the second attempt has the mail at the provider, and a
    third attempt would send it twice."""
    here = desk(provider())
    _claim(here, "first")
    _settle(here, "first", "planned")
    _claim(here, "second")

    _settle(here, "first", "planned")
    _settle(here, "first", "failed")

    assert here.touch("state", "claim") == ("claimed", "second")


def test_a_touch_that_was_sent_stays_sent(desk: MakeDesk) -> None:
    here = desk(provider())
    here.deliver()

    for state in ("planned", "failed", "unknown"):
        _settle(here, "test-run:7:1", state)

    assert here.touch("state") == ("sent",)


def test_what_nobody_waits_for_any_more_is_not_to_be_tried_again(desk: MakeDesk) -> None:
    """The journey has gone on from an unknown one: no other attempt comes, and the touch would
    stand as planned for ever. That it was surely not taken is known now."""
    here = desk(provider())
    _claim(here, "late")
    with here.database.begin() as connection:
        ledger.hand_over(connection, "enrollment-1:hello:1", claim="late", stops=())
    _settle(here, "late", "unknown")

    _settle(here, "late", "planned")

    assert here.touch("state") == ("failed",)


def _claim(here: Desk, claim: str) -> None:
    with here.database.begin() as connection:
        ledger.claim(
            connection,
            key="enrollment-1:hello:1",
            claim=claim,
            lead_id=here.lead_id,
            enrollment_id=None,
            template_version_id=here.template_id,
            step="hello",
            channel="stand-in",
            message_id="1@perennial.example",
            topic="nurture",
            stops=MARKETING_STOPS,
            caps=(),
            at=NOW,
        )


def _settle(here: Desk, claim: str, state: str) -> None:
    with here.database.begin() as connection:
        ledger.settle(connection, "enrollment-1:hello:1", state, claim=claim, at=NOW)
