"""What is refused: whose address ends, whose mail waits, and when nobody is sent anything."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import pytest
from temporalio.exceptions import ApplicationError

from activities.email import Email, deliver_at_last
from domain.cadences.cadence import Cadence
from domain.checking.lint import lint_policy
from domain.consent.policy import ConsentPolicy
from domain.contracts.journey import Plan, RunStep
from domain.email.rendering import CompiledTemplate
from domain.engagement.bounces import BounceMeaning
from domain.rules.policy import PolicyFile
from mail.channels.base import (
    AddressRejected,
    Channel,
    ChannelError,
    ChannelMisconfigured,
    DeliveryReceipt,
    EmailMessage,
    HandOver,
    MessageRejected,
    RecipientBusy,
    SenderRefused,
    SoftBounce,
    unmarked,
)
from store.mail import sending
from store.mail.refused_mail import MANY_DEAD, RefusedMail
from store.published.cadences import publish_cadence
from tests.activities.test_steps import ALWAYS
from tests.support.sales_floor import TEAM
from tests.support.sending import NOW, Desk, attempt_number

MakeDesk = Callable[[Channel], Desk]
MINUTE = timedelta(minutes=1)
OURS, UNKNOWN = BounceMeaning.REPUTATION, BounceMeaning.UNKNOWN


def relaying_denied() -> ChannelError:
    """What a server says to who has not logged in."""
    return SenderRefused("550 5.7.1", "The SMTP server refuses our mail, not this recipient.")


@dataclass
class Company:
    """An e-mail provider that refuses addresses as it is told, and takes the others.

    ``refuses`` tells what it says to an address, None to take the mail.
    """

    refuses: Callable[[str], ChannelError | None] = lambda _: None
    accepted: list[str] = field(default_factory=list)
    tries: int = 0
    name: str = "stand-in"

    def send(self, message: EmailMessage, before_hand_over: HandOver = unmarked) -> DeliveryReceipt:
        """Take a mail or refuse it."""
        before_hand_over()
        self.tries += 1
        if (refusal := self.refuses(message.recipient_email)) is not None:
            raise refusal
        self.accepted.append(message.recipient_email)
        return DeliveryReceipt("theirs")

    def was_accepted(self, _touch_key: str, /) -> bool | None:
        """It can't be asked."""
        return None


@dataclass
class Campaign:
    """Leads in a cadence of three mails, and what their journeys wait for."""

    here: Desk
    plans: dict[int, Plan] = field(default_factory=dict)
    at: datetime = NOW

    def enroll(self, *addresses: str) -> None:
        """Enroll leads with these addresses; their first mail is due now."""
        steps = [
            {"email": "hello", "id": "one"},
            {"wait": "1 hour"},
            {"email": "hello", "id": "two"},
            {"wait": "1 hour"},
            {"email": "hello", "id": "three"},
        ]
        cadence = Cadence.model_validate({"cadence": "three", "window": ALWAYS, "steps": steps})
        templates = {name: {"en": self.here.template(name)} for name in cadence.templates()}
        with self.here.database.begin() as connection:
            version = publish_cadence(connection, cadence=cadence, source="", templates=templates)
        for address in addresses:
            lead = self.here.value(
                "INSERT INTO lead (email, email_key, phase) VALUES (:a, :a, 'Nurture') "
                "RETURNING id",
                a=address,
            )
            enrollment = self.here.value(
                "INSERT INTO enrollment (key, lead_id, cadence_version_id, cycle, started_at) "
                "VALUES ('run-' || :lead, :lead, :version, 1, :at) RETURNING id",
                lead=lead,
                version=version.id,
                at=NOW,
            )
            self.plans[enrollment] = Plan("send", step="one", due=self.at.isoformat())

    def wake(self, enrollment: int) -> Plan:
        """The journey's timer fires, or a notice wakes it."""
        plan = self.plans[enrollment]
        if plan.kind == "send":
            self.plans[enrollment] = self.here.run_step(
                RunStep(enrollment, plan.step, plan.due), at=self.at
            )
        return self.plans[enrollment]

    def let_pass(self, span: timedelta) -> None:
        """Time goes by; whatever falls due is done in its order."""
        until = self.at + span
        while True:
            waiting = [
                (datetime.fromisoformat(plan.due), enrollment)
                for enrollment, plan in self.plans.items()
                if plan.kind == "send"
            ]
            if not waiting or (first := min(waiting))[0] > until:
                break
            self.at = max(self.at, first[0])
            self.wake(first[1])
        self.at = until

    def wake_those_told(self) -> None:
        """Bring each journey that was told to look at its plan again to do so."""
        told = self.here.values(
            "SELECT workflow_id FROM relay_message WHERE payload ->> 'code' = 'replan'"
        )
        leads = self.here.values("SELECT id FROM enrollment WHERE 'lead-' || lead_id = ANY(:told)",
                                 told=told)  # fmt: skip
        for enrollment in leads:
            self.wake(enrollment)


def campaign(
    desk: MakeDesk, company: Company, addresses: Sequence[str], *policies: PolicyFile
) -> Campaign:
    """A campaign to these addresses at a provider, whose first mails are due."""
    here = desk(company)
    for one in (ConsentPolicy(policy="consent", caps=()), *policies):
        here.publish(one)
    made = Campaign(here)
    made.enroll(*addresses)
    return made


def many(number: int = 6) -> list[str]:
    """Addresses at as many companies."""
    return [f"vic@lead{one}.example" for one in range(number)]


def test_a_dead_address_is_told_to_the_journey_and_gets_nothing_more(desk: MakeDesk) -> None:
    """If this failed, mail would go on to an address of which the server has said that nobody is
    there, and ``exit_on: bounced`` would never end a cadence."""
    dead = AddressRejected("550 5.1.1", "dead")
    company = Company(lambda to: dead if to.startswith("gone") else None)
    leads = campaign(desk, company, ["gone@lead.example", "there@lead.example"])

    leads.let_pass(timedelta(hours=3))

    here = leads.here
    assert company.tries == 4
    assert here.values("SELECT email_key || ' ' || reason FROM suppression") == [
        "gone@lead.example bounced"
    ]
    assert here.values("SELECT kind FROM engagement") == ["bounce"]
    assert here.values("SELECT payload ->> 'code' FROM relay_message") == ["bounced"]
    states = here.values("SELECT state FROM touch ORDER BY lead_id, id")
    assert states[0] == "failed"
    assert states.count("sent") == 3


@pytest.mark.parametrize("meaning", ["mailbox_full", "content", "routing", "unknown"])
def test_what_is_soft_ends_no_address_until_it_happens_too_often(
    desk: MakeDesk, meaning: str
) -> None:
    """If this failed, a mailbox that is full for a week would be lost for good."""
    full = SoftBounce("552 5.2.2", BounceMeaning(meaning))
    leads = campaign(desk, Company(lambda _: full), ["vic@lead.example"])

    leads.let_pass(timedelta(minutes=70))

    here = leads.here
    assert here.values("SELECT kind FROM engagement") == ["soft_bounce"] * 2
    assert here.values("SELECT reason FROM suppression") == []
    leads.let_pass(timedelta(hours=1))
    assert here.values("SELECT reason FROM suppression") == ["soft_bounced"]


def test_a_recipient_that_is_busy_is_asked_ever_more_seldom_and_not_for_ever(
    desk: MakeDesk,
) -> None:
    """If this failed, a mailbox that is full for now would be knocked at each minute for weeks,
    its journey would hear of nothing else meanwhile, and the cadence would never go on."""
    company = Company(lambda _: RecipientBusy("452 4.2.2"))
    leads = campaign(desk, company, ["vic@lead.example"])
    (enrollment,) = leads.plans
    gaps = []
    for _ in range(6):
        before = leads.at
        plan = leads.wake(enrollment)
        assert (plan.kind, plan.step) == ("send", "one")
        leads.at = datetime.fromisoformat(plan.due)
        gaps.append(leads.at - before)

    assert gaps == [5 * MINUTE * 2**number for number in range(6)]
    leads.let_pass(timedelta(hours=80))
    assert company.tries < 45
    here = leads.here
    assert here.values("SELECT state FROM touch ORDER BY id")[0] == "failed"
    assert here.values("SELECT kind FROM engagement")[0] == "soft_bounce"
    assert here.values("SELECT step FROM touch ORDER BY id") == ["one", "two"]


def test_a_recipient_that_was_busy_gets_the_mail_when_it_has_room(desk: MakeDesk) -> None:
    """If this failed, greylisting would cost every first mail to a company."""
    answers = deque([RecipientBusy("451 4.7.1"), None])
    company = Company(lambda _: answers.popleft() if answers else None)
    leads = campaign(desk, company, ["vic@lead.example"])

    leads.let_pass(timedelta(hours=3))

    assert len(company.accepted) == 3
    assert leads.here.values("SELECT kind FROM engagement") == []
    assert {plan.kind for plan in leads.plans.values()} == {"exit"}


@pytest.mark.parametrize(
    ("refusal", "reason", "tries"),
    [
        (relaying_denied(), "reputation", 3),
        (SenderRefused("550 5.7.26", "unauthenticated"), "reputation", 3),
        (ChannelMisconfigured("The SMTP server refuses the login (535)."), "set_up", 1),
        (SoftBounce("554", UNKNOWN), "refuses_all", 5),
        (MessageRejected("400", "SendGrid refuses the message.", UNKNOWN), "refuses_all", 5),
    ],
)
def test_trouble_of_ours_stops_all_mail_and_uses_up_nobodys_cadence(
    desk: MakeDesk, refusal: ChannelError, reason: str, tries: int
) -> None:
    """If this failed, one day of broken DKIM or a wrong password would burn the campaign: leads
    would go through all their mails without getting one, and nobody would hear of it."""
    company = Company(lambda _: refusal)
    leads = campaign(desk, company, many())

    for enrollment in leads.plans:
        leads.wake(enrollment)

    here = leads.here
    with here.database.connect() as connection:
        (pause,) = sending.open_pauses(connection)
    assert (pause.reason, company.tries) == (reason, tries)
    assert set(here.values("SELECT state FROM touch")) == {"planned"}
    leads.let_pass(timedelta(hours=1))
    leads.at += timedelta(days=4)
    for enrollment in leads.plans:
        leads.wake(enrollment)
    # A mail is let through now and then, and nobody has gone on.
    assert company.tries < 20
    assert all(plan.kind == "send" for plan in leads.plans.values())
    assert here.values("SELECT DISTINCT step FROM touch") == ["one"]

    company.refuses = lambda _: None
    leads.let_pass(timedelta(hours=1))
    leads.wake_those_told()
    leads.let_pass(timedelta(hours=4))
    # Once each, in order, from where it stood.
    assert sorted(company.accepted) == sorted(many() * 3)
    assert {plan.kind for plan in leads.plans.values()} == {"exit"}
    with here.database.connect() as connection:
        assert sending.open_pauses(connection) == []


def test_the_order_to_resume_wakes_everybody_at_once(desk: MakeDesk) -> None:
    """If this failed, mail would go on half an hour after somebody has fixed the login."""
    company = Company(lambda _: ChannelMisconfigured("The SMTP server refuses the login (535)."))
    leads = campaign(desk, company, many())
    leads.let_pass(timedelta(minutes=30))
    company.refuses = lambda _: None

    with leads.here.database.begin() as connection:
        assert [one.channel for one in sending.resume(connection, "ada", leads.at)] == ["stand-in"]
    leads.wake_those_told()

    assert sorted(company.accepted) == many()
    assert leads.here.values("SELECT ended_by FROM sending_pause") == ["ada"]


def test_one_odd_server_stops_nobody_elses_mail(desk: MakeDesk) -> None:
    """If this failed, a company whose filter dislikes us would keep us from writing to anybody."""
    odd = SenderRefused("550 5.7.1", "refused")
    company = Company(lambda to: odd if to.endswith("@odd.example") else None)
    leads = campaign(desk, company, [f"vic{one}@odd.example" for one in range(3)] + many(16))
    for enrollment in reversed(leads.plans):
        leads.wake(enrollment)
    with leads.here.database.connect() as connection:
        assert sending.open_pauses(connection) == []

    leads.let_pass(timedelta(hours=100))

    # The odd ones are given up after three days, without a word about their addresses.
    assert len(company.accepted) == 16 * 3
    assert leads.here.values("SELECT kind FROM engagement") == []
    assert leads.here.values("SELECT 1 FROM suppression") == []


def test_one_address_refused_again_and_again_stops_nobody_elses_mail(desk: MakeDesk) -> None:
    """If this failed, retries for one lead would look like a campaign that is refused."""
    company = Company(lambda to: relaying_denied() if to == "vic@odd.example" else None)
    leads = campaign(desk, company, ["vic@odd.example"])
    leads.let_pass(timedelta(hours=8))
    with leads.here.database.connect() as connection:
        assert sending.open_pauses(connection) == []


def test_a_list_of_old_addresses_pauses_late_and_brings_no_address_back(desk: MakeDesk) -> None:
    """If this failed, twenty leads who have all changed jobs would stop the mail of the others, or
    a provider that calls everybody unknown would end every address we have."""
    dead = AddressRejected("550 5.1.1", "dead")
    company = Company(lambda _: dead)
    leads = campaign(desk, company, many(22))
    for enrollment in leads.plans:
        leads.wake(enrollment)
    assert company.tries == MANY_DEAD


def test_managers_are_told_and_the_alert_goes_when_mail_does(desk: MakeDesk) -> None:
    """If this failed, the first to notice would be sales, weeks later."""
    team, problems = lint_policy(TEAM, "team.yaml", ())
    assert team is not None, problems
    company = Company(lambda _: ChannelMisconfigured("The SMTP server refuses the login (535)."))
    leads = campaign(desk, company, many(2), team)
    leads.let_pass(timedelta(minutes=1))
    open_alerts = "SELECT owner FROM alert WHERE kind = 'sending_paused' AND answered_at IS NULL"
    assert leads.here.values(open_alerts) == ["boss"]

    company.refuses = lambda _: None
    leads.let_pass(timedelta(hours=1))

    assert leads.here.values(open_alerts) == []


def test_a_probe_that_is_refused_lets_nobody_else_through(desk: MakeDesk) -> None:
    """If this failed, each minute of a broken set-up would cost more of our reputation."""
    company = Company(lambda _: relaying_denied())
    leads = campaign(desk, company, many(12))
    leads.let_pass(timedelta(minutes=1))
    tries = []
    for _ in range(20):
        before = company.tries
        leads.let_pass(timedelta(minutes=2))
        tries.append(company.tries - before)
    assert max(tries) <= 2
    assert 4 <= sum(tries) <= 12


def test_refusals_learned_of_later_bring_back_what_had_gone(desk: MakeDesk) -> None:
    """A server that takes mail and returns it for a block list: if this failed, the mails that
    were on their way when that began would be lost, or be sent twice."""
    company = Company()
    leads = campaign(desk, company, many())
    leads.let_pass(timedelta(minutes=1))
    assert len(company.accepted) == 6
    here = leads.here
    keys = here.values("SELECT key FROM touch ORDER BY id")
    refused = [
        RefusedMail(f"report-{key}", key, BounceMeaning.REPUTATION, "5.7.1", leads.at,
                        reported=True)
        for key in keys[:4]
    ]  # fmt: skip
    with here.database.begin() as connection:
        assert len(sending.record_refusals(connection, "stand-in", refused, leads.at)) == 4
        assert sending.record_refusals(connection, "stand-in", refused, leads.at) == set()
    company.accepted.clear()

    leads.let_pass(timedelta(minutes=90))
    # Accepted as before, which proves nothing: one mail, until nobody has sent it back for a while.
    leads.wake_those_told()
    leads.let_pass(timedelta(hours=6))

    once = list(itertools.chain.from_iterable([address] * 2 for address in many()))
    assert sorted(company.accepted) == sorted(once + many()[:4])
    assert set(here.values("SELECT state FROM touch")) == {"sent"}


def test_a_late_report_of_another_mail_sends_nobody_the_same_mail_again(desk: MakeDesk) -> None:
    """If this failed, whoever got the mail that was let through would get it once more as soon as
    SendGrid reports the next one of those that had been returned."""
    company = Company()
    leads = campaign(desk, company, many())
    leads.let_pass(timedelta(seconds=1))
    here = leads.here
    keys = here.values("SELECT key FROM touch ORDER BY id")

    def report(*of: str) -> None:
        refused = [
            RefusedMail(
                f"report-{key}", key, BounceMeaning.REPUTATION, "5.7.1", leads.at, reported=True
            )
            for key in of
        ]
        with here.database.begin() as connection:
            sending.record_refusals(connection, "stand-in", refused, leads.at)

    report(*keys[:3])
    company.accepted.clear()
    leads.at += timedelta(minutes=5)
    first = next(iter(leads.plans))
    leads.wake(first)
    assert company.accepted == many()[:1]

    report(keys[4])

    sent = "SELECT key FROM touch WHERE state = 'sent' ORDER BY id"
    assert here.values(sent) == [keys[0], keys[3], keys[5]]
    leads.let_pass(timedelta(hours=3))
    leads.wake_those_told()
    leads.let_pass(timedelta(hours=5))
    again = [many()[number] for number in (0, 1, 2, 4)]
    assert sorted(company.accepted) == sorted(many() * 2 + again)


def test_a_mail_outside_a_cadence_waits_with_temporal(desk: MakeDesk) -> None:
    """If this failed, confirmations of meetings would be dropped while sending is paused."""
    answers = deque([ChannelMisconfigured("The SMTP server refuses the login (535).")])
    company = Company(lambda _: answers.popleft() if answers else None)
    here = desk(company)
    email = Email(
        key="meeting-1:confirmed:1",
        lead_id=here.lead_id,
        recipient="ada@lovelace.example",
        recipient_name="Ada",
        step="confirmed",
        template_version_id=here.template_id,
        template=CompiledTemplate(subject="Hello", preheader="", html="Hi", text="Hi"),
        fields={"lead": {"first_name": "Ada"}},
        topic="",
    )
    with pytest.raises(ApplicationError) as put_off:
        attempt_number(1).run(deliver_at_last, here.resources, email, NOW)
    assert put_off.value.next_retry_delay == timedelta(minutes=2)

    later = NOW + timedelta(minutes=2)
    assert attempt_number(2, later).run(deliver_at_last, here.resources, email, later).state == (
        "sent"
    )
