"""The ledger under fire: nobody gets a mail twice, and none is dropped without a word."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from temporalio.exceptions import ApplicationError

from activities.channels.base import (
    AddressRejected,
    Channel,
    ChannelError,
    EmailMessage,
    OutcomeUnknown,
    Receipt,
    TryAgain,
)
from activities.channels.outbox import OutboxChannel
from domain.consent import MARKETING_STOPS
from settings import Settings
from store import ledger
from tests.activities.desk import NOW, Desk, Provider

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


def test_a_retry_after_sending_sends_the_lead_nothing_more(desk: MakeDesk) -> None:
    company = provider()
    here = desk(company)
    here.deliver(attempt=1)

    assert here.deliver(attempt=2) == "sent"

    assert len(company.accepted) == 1


@pytest.mark.parametrize("dies", ["before", "after"])
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


@pytest.mark.parametrize("dies", ["before", "after"])
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

    here.with_channel(DyingOutbox(dies="before")).die()
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
        def send(self, message: EmailMessage) -> Receipt:
            super().send(message)
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

    assert here.touch("state", "claim") == ("sending", "second")


def test_a_touch_that_was_sent_stays_sent(desk: MakeDesk) -> None:
    here = desk(provider())
    here.deliver()

    for state in ("planned", "failed", "unknown"):
        _settle(here, "test-run:7:1", state)

    assert here.touch("state") == ("sent",)


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
