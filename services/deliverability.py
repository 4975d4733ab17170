"""How our senders stand with those that receive their mail, and letting a stopped one go on."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import ZoneInfo

from domain.access import Action
from domain.figures.funnel import share
from domain.refusals import Conflict, Missing
from domain.sending.guard import ladder_after
from domain.sending.limits import Cap, Counter, cap_named
from domain.sending.policy import DEFAULT, domain_key
from domain.sending.reputation import (
    MOST_LINES,
    LimitLine,
    ReputationLine,
    ReputationReport,
    SenderLine,
)
from domain.sentences import sentence
from services.access import authorise, changes
from services.context import Context
from store.access.api_tokens import Caller
from store.bounded import allow_long_work
from store.mail import sender_standing
from store.mail.send_limits import counters
from store.mail.sender_standing import STOPPED_CODE, DomainStanding, standings
from store.published.policies import policy_or
from store.views.reputation import ReputationCount, reputation_counts, waiting_mails


@changes(Action.RESUME_SENDER, "POST /deliverability/senders/{domain}/resume")
def resume_sender(context: Context, caller: Caller, domain: str) -> None:
    """Let a domain that is stopped go on, slowly: what it has sent so far is judged no more, and it
    climbs back to what it used to send. What waited has its turn.

    Raises:
        Missing: we send from no such domain.
        Conflict: it is not stopped.
    """
    key = domain_key(domain)
    with context.database.begin() as connection:
        if sender_standing.resume(connection, key, caller.name, context.clock.now()):
            return
        if key in {one.domain for one in standings(connection)}:
            raise Conflict(sentence("{domain} is not stopped.", domain=key))
    raise Missing(sentence("No mail was sent from {domain}.", domain=key))


def reputation(context: Context, caller: Caller, days: int = 7) -> ReputationReport:
    """How our senders stand, what their limits are, and what became of the mails of the last days.

    Raises:
        Forbidden: the caller may not read it.
    """
    authorise(caller, Action.READ_DELIVERABILITY)
    now, settings = context.clock.now(), context.settings
    zone = ZoneInfo(settings.company_time_zone)
    with context.database.connect() as connection:
        allow_long_work(connection)
        counts = reputation_counts(connection, now - timedelta(days=days), settings.email_from)
        waiting = waiting_mails(connection)
        known = standings(connection)
        policy = policy_or(connection, DEFAULT)
        found = counters(connection)
    by_domain = {one.domain: one for one in known}
    limits = []
    for (scope, name), counter in found.items():
        standing = by_domain.get(name)
        resumed = standing.resumed_at if standing else None
        cap = cap_named(
            policy,
            scope,
            name,
            slowed_to=standing.per_day if standing else None,
            starting=ladder_after(
                resumed.astimezone(zone).date() if resumed else None,
                standing.usual if standing else 0,
            ),
        )
        if cap is not None:
            current = counter.at(cap, now, zone)
            limits.append(_limit(cap, current, waiting.get(cap.code, 0)))
    limits.sort(key=lambda one: (-one.waiting, one.scope, one.name))
    return ReputationReport(
        days,
        [_standing(one, waiting.get(f"{STOPPED_CODE} {one.domain}", 0)) for one in known],
        limits[:MOST_LINES],
        [_line(one) for one in counts if one.of_sender][:MOST_LINES],
        [_line(one) for one in counts if not one.of_sender][:MOST_LINES],
    )


def _standing(one: DomainStanding, waiting: int) -> SenderLine:
    return SenderLine(
        one.domain,
        one.state,
        one.trouble,
        one.detail,
        one.since,
        one.mails,
        one.bounced,
        one.complained,
        one.per_day,
        one.resumed_at,
        one.resumed_by,
        waiting,
    )


def _limit(cap: Cap, counter: Counter, waiting: int) -> LimitLine:
    return LimitLine(
        cap.scope,
        cap.name,
        counter.in_hour,
        cap.per_hour,
        counter.in_day,
        cap.allowed_in_day(counter.climbed),
        counter.climbed + 1 if cap.ladder else None,
        waiting,
        counter.tail if waiting else None,
    )


def _line(one: ReputationCount) -> ReputationLine:
    arrived = one.sent - one.bounced
    return ReputationLine(
        one.name,
        one.sent,
        one.delivered,
        one.bounced,
        one.complained,
        one.deferred,
        one.opened,
        one.clicked,
        share(one.bounced, one.sent),
        share(one.complained, one.sent),
        share(one.opened, arrived),
        share(one.clicked, arrived),
    )
