"""Who wants what mail: suppressions, topics, and the record of every yes and no.

Suppressions are keyed by address, not by lead: they outlive whatever becomes of the lead. All who
write here do so before they lock leads (see ``store.scoring.engagement``), address by address in
order; the lock of an address is taken before its suppression is read or written.
Times are journey time, UTC.
"""

from __future__ import annotations

import contextlib
import functools
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import Connection, Engine, text

from domain.consent.policy import DEFAULT, SUPPRESSION_OF, ConsentPolicy, Source, Trouble
from domain.contracts.journey import ENDED, EventCode, Phase
from domain.sales.recycle import RecyclePolicy
from store.consent.confirmations import UNCONFIRMED, confirm_address, is_waiting
from store.consent.suppressions import why_suppressed
from store.identities.merged_leads import addresses_with
from store.outbox.relay_messages import start_again
from store.published.policies import PolicyMissing, policy

# An address that is not suppressed has no row to lock.
_LOCK = "SELECT pg_advisory_xact_lock(hashtextextended('consent:' || :email, 0))"
# A stronger reason replaces a weaker one: the lead's own word counts more than a mailbox that is
# full for a while, and what stops operational mail too counts most.
_UNLESS_STRONGER = """
    ON CONFLICT (email_key) DO UPDATE SET reason = excluded.reason, at = excluded.at
    WHERE array_position(cast(:ranks AS text[]), suppression.reason)
        < array_position(cast(:ranks AS text[]), excluded.reason)
"""
_SUPPRESS = text(
    f"""
    {_LOCK};
    INSERT INTO suppression (email_key, reason, at) VALUES (:email, :reason, :at)
    {_UNLESS_STRONGER} RETURNING reason
    """
)
_SUPPRESS_ALL = text(
    f"""
    INSERT INTO suppression (email_key, reason, at)
    SELECT DISTINCT email COLLATE "C", 'unsubscribed', cast(:at AS timestamptz)
    FROM unnest(cast(:emails AS text[])) AS email ORDER BY 1
    {_UNLESS_STRONGER}
    """
)
_RANKS = ("soft_bounced", "manual", "unsubscribed", "bounced", "complained")

_RECORD = text(
    "INSERT INTO consent_record (email_key, topic, action, source, evidence, at) "
    "VALUES (:email, :topic, :action, :source, :evidence, :at) RETURNING id"
)
_RECORD_ALL = text(
    """
    INSERT INTO consent_record (email_key, topic, action, source, evidence, at)
    SELECT DISTINCT email, '', 'opt_out', :source, :evidence, cast(:at AS timestamptz)
    FROM unnest(cast(:emails AS text[])) AS email WHERE 'opt_out' IS DISTINCT FROM (
        SELECT action FROM consent_record WHERE email_key = email AND topic = ''
        ORDER BY id DESC LIMIT 1)
    """
)
_SOFT_BOUNCES = text(
    """
    SELECT engagement.key, engagement.at FROM engagement
    JOIN lead ON lead.id = engagement.lead_id
    WHERE lead.email_key = :email AND engagement.kind = 'soft_bounce' AND engagement.at > :since
    """
)


def lock_address(connection: Connection, email_key: str) -> None:
    """Let nobody else write about this address until the transaction ends."""
    connection.execute(text(_LOCK), {"email": email_key})


def consent_policy(connection: Connection) -> ConsentPolicy:
    """The consent policy in force; the default one until one is published."""
    try:
        return policy(connection, ConsentPolicy)
    except PolicyMissing:
        return DEFAULT


CONSENT_VERSION = (
    "(SELECT id FROM policy_version WHERE name = 'consent' ORDER BY version DESC LIMIT 1)"
)
"""SQL: id of the consent policy in force, NULL for none; for :func:`consent_version`."""


@functools.lru_cache(maxsize=64)
def consent_version(engine: Engine, version_id: int | None) -> ConsentPolicy:
    """The consent policy published under this id, read from the database once per process; the
    default one for None."""
    if version_id is None:
        return DEFAULT
    with engine.connect() as connection:
        definition = connection.execute(
            text("SELECT definition FROM policy_version WHERE id = :id"), {"id": version_id}
        ).scalar_one()
    return ConsentPolicy.model_validate(definition)


def email_key_of(connection: Connection, lead_id: int) -> str:
    """The key of a lead's address."""
    key: str = connection.execute(
        text("SELECT email_key FROM lead WHERE id = :id"), {"id": lead_id}
    ).scalar_one()
    return key


@dataclass(frozen=True)
class Consent:
    """What is known of an address: why it is suppressed ('' if not; ``unconfirmed`` for one that
    only a browser brought) and the topics it refused."""

    suppressed: str
    refused: frozenset[str]


def consent_of(connection: Connection, email_key: str) -> Consent:
    """What an address gets."""
    reason = why_suppressed(connection, email_key)
    topics = connection.execute(
        text("SELECT topic FROM topic_opt_out WHERE email_key = :email"), {"email": email_key}
    )
    if reason is None and is_waiting(connection, email_key):
        reason = UNCONFIRMED
    return Consent(reason or "", frozenset(topics.scalars()))


def suppress(connection: Connection, *, email_key: str, reason: str, at: datetime) -> bool:
    """Send this address no more marketing mail, nor, unless only mail to it comes back, any other
    address of its lead.

    Args:
        reason: soft_bounced, manual, unsubscribed, bounced or complained, each weaker than the
            next; the last two stop operational mail too. A weaker one changes nothing.
        at: journey time, UTC.

    Returns:
        Whether it is new.
    """
    # What comes back says something of one address; all else was said by a person, who may have
    # several.
    of_address = reason in ("bounced", "soft_bounced")
    addresses = [email_key] if of_address else addresses_with(connection, [email_key])
    values = {"reason": reason, "at": at, "ranks": list(_RANKS)}
    changed = [connection.execute(_SUPPRESS, values | {"email": one}).first() for one in addresses]
    return any(changed)


def opt_out(
    connection: Connection,
    *,
    email_key: str,
    at: datetime,
    source: Source,
    evidence: str = "",
    reason: str = "unsubscribed",
) -> int | None:
    """The address wants nothing more from marketing: suppress it and put that on record, with all
    others of its lead: what it had before, and what it can be reached by as well.

    Args:
        at: journey time, UTC.
        evidence: how we know; kept for the day somebody asks.
        reason: unsubscribed, or manual for an operator's order.

    Returns:
        Id of the record; None when that was said before and never taken back.
    """
    suppress(connection, email_key=email_key, reason=reason, at=at)
    record: int | None = None
    # The addresses are locked now: of two at once, the second sees the first one's record.
    for one in addresses_with(connection, [email_key]):
        last = connection.execute(
            text(
                "SELECT action, evidence FROM consent_record WHERE email_key = :email "
                "AND topic = '' ORDER BY id DESC LIMIT 1"
            ),
            {"email": one},
        ).first()
        if last is None or last.action != "opt_out" or evidence not in ("", last.evidence):
            made = _record(
                connection,
                email_key=one,
                action="opt_out",
                at=at,
                source=source,
                evidence=evidence,
            )
            record = made if one == email_key else record
    return record


def carry_refusals(
    connection: Connection, former: str, email_key: str, at: datetime, *, evidence: str
) -> None:
    """Whoever had the address ``former`` has another now, and wants as little mail there. That mail
    came back is said of an address and is not carried along.

    Lock both addresses first.

    Args:
        at: journey time, UTC.
    """
    reason = connection.execute(
        text("SELECT reason FROM suppression WHERE email_key = :email"), {"email": former}
    ).scalar()
    if reason == "complained":
        suppress(connection, email_key=email_key, reason=reason, at=at)
    # An address that has bounced since may have refused mail before.
    if standing_opt_out(connection, former) is not None:
        opt_out(connection, email_key=email_key, at=at, source="operator", evidence=evidence)
    refused = connection.scalars(
        text("SELECT topic FROM topic_opt_out WHERE email_key = :email"), {"email": former}
    )
    choose_topics(
        connection,
        email_key=email_key,
        wanted=dict.fromkeys(refused, False),
        at=at,
        source="operator",
        evidence=evidence,
    )


def standing_opt_out(connection: Connection, email_key: str) -> int | None:
    """Id of the record by which the address is opted out now; None when it is not."""
    last = connection.execute(
        text(
            "SELECT id, action FROM consent_record WHERE email_key = :email AND topic = '' "
            "ORDER BY id DESC LIMIT 1"
        ),
        {"email": email_key},
    ).first()
    return last.id if last is not None and last.action == "opt_out" else None


def opt_out_all(
    connection: Connection,
    email_keys: Collection[str],
    *,
    at: datetime,
    source: Source,
    evidence: str,
) -> None:
    """As :func:`opt_out`, for the thousands that a file may hold, in two statements.

    It takes no locks of addresses, of which PostgreSQL has room for some thousands only. Whoever
    says at the same moment that an address may get mail again may come too late: it gets none.

    Args:
        at: journey time, UTC.
        evidence: how we know; of an address that is on record as opted out, the first is kept.
    """
    values = {"emails": list(email_keys), "at": at, "ranks": list(_RANKS)}
    all_of_them = {"emails": addresses_with(connection, email_keys)}
    connection.execute(_SUPPRESS_ALL, values | all_of_them)
    connection.execute(_RECORD_ALL, values | {"source": source, "evidence": evidence})


def opt_in(
    connection: Connection,
    *,
    email_key: str,
    at: datetime,
    source: Source,
    lifts: Collection[str],
    evidence: str = "",
) -> str | None:
    """The address may get mail again. What was held back meanwhile stays unsent.

    Args:
        lifts: the reasons that may be lifted. Under any other one nothing changes.

    Returns:
        The reason that was lifted, '' when there was none, None when it may not be lifted. An
        address that had yet to be confirmed is with this.
    """
    reason = connection.execute(
        text(f"{_LOCK}; SELECT reason FROM suppression WHERE email_key = :email"),
        {"email": email_key},
    ).scalar()
    if reason is not None and reason not in lifts:
        return None
    connection.execute(
        text("DELETE FROM suppression WHERE email_key = :email"), {"email": email_key}
    )
    _record(
        connection, email_key=email_key, action="opt_in", at=at, source=source, evidence=evidence
    )
    if reason is not None:
        _come_back(connection, email_key)
    if confirm_address(connection, email_key, at):
        reason = reason or UNCONFIRMED
    return reason or ""


def _come_back(connection: Connection, email_key: str) -> None:
    """Begin the next cycle of a lead whose journey ended because it wanted no mail."""
    lead = connection.execute(
        text(
            "SELECT id, cycle FROM lead WHERE email_key = :email AND phase = :ended "
            "AND phase_reason = :reason FOR NO KEY UPDATE"
        ),
        {"email": email_key, "ended": ENDED, "reason": EventCode.UNSUBSCRIBED},
    ).first()
    if lead is None:
        return
    with contextlib.suppress(PolicyMissing):
        start_again(
            connection,
            lead.id,
            phase=Phase.NURTURE,
            cycle=lead.cycle + 1,
            reason="opted_in",
            cadence=policy(connection, RecyclePolicy).default.cadence,
        )


def record_agreement(
    connection: Connection, *, email_key: str, topic: str, at: datetime, evidence: str
) -> None:
    """Keep that somebody agreed in a form to mail of a topic. It lifts nothing: who was asked not
    to write to says so by the preference page, or by the link that confirms the address.

    Args:
        at: journey time, UTC.
        evidence: the form, and the wording.
    """
    _record(
        connection,
        email_key=email_key,
        action="opt_in",
        at=at,
        source="form",
        evidence=evidence,
        topic=topic,
    )


def welcome_since(connection: Connection, email_key: str) -> datetime | None:
    """When somebody said last that mail is welcome at this address again, journey time (UTC)."""
    return connection.execute(
        text(
            "SELECT max(at) FROM consent_record "
            "WHERE email_key = :email AND topic = '' AND action = 'opt_in'"
        ),
        {"email": email_key},
    ).scalar()


def choose_topics(
    connection: Connection,
    *,
    email_key: str,
    wanted: Mapping[str, bool],
    at: datetime,
    source: Source,
    evidence: str = "",
) -> int:
    """Keep which topics the address wants and which it does not; others stay as they are.

    Returns:
        How many of the choices are new.
    """
    changes = 0
    for topic, wants in sorted(wanted.items()):
        statement = (
            "DELETE FROM topic_opt_out WHERE email_key = :email AND topic = :topic"
            if wants
            else "INSERT INTO topic_opt_out (email_key, topic, at) VALUES (:email, :topic, :at) "
            "ON CONFLICT DO NOTHING"
        )
        changed = connection.execute(
            text(statement), {"email": email_key, "topic": topic, "at": at}
        ).rowcount
        if changed:
            _record(
                connection,
                email_key=email_key,
                topic=topic,
                action="opt_in" if wants else "opt_out",
                at=at,
                source=source,
                evidence=evidence,
            )
            changes += 1
    return changes


@dataclass(frozen=True)
class TroubleReport:
    """Trouble with mail to an address. ``key`` is that of its engagement, ``at`` journey time."""

    key: str
    email_key: str
    trouble: Trouble
    at: datetime


def report_trouble(connection: Connection, reports: Sequence[TroubleReport]) -> None:
    """Do with these addresses what the consent policy says.

    Report only what is new, or an address that was allowed again would be suppressed once more;
    and before the same events are recorded as engagements, for suppressions are locked before
    leads. Soft bounces count together with those recorded earlier, in any order of arrival.
    """
    rules = consent_policy(connection)
    by_address: defaultdict[str, list[TroubleReport]] = defaultdict(list)
    for one in reports:
        if rules.suppresses(one.trouble):
            by_address[one.email_key].append(one)
    for email_key, theirs in sorted(by_address.items()):
        soft = [one for one in theirs if one.trouble == "soft_bounce"]
        ending = [one for one in theirs if one.trouble != "soft_bounce"]
        if soft and _too_many(connection, rules, email_key, soft):
            ending.append(max(soft, key=lambda one: one.at))
        for one in sorted(ending, key=lambda one: (one.at, one.key)):
            suppress(connection, email_key=email_key, reason=SUPPRESSION_OF[one.trouble], at=one.at)


def _too_many(
    connection: Connection, rules: ConsentPolicy, email_key: str, new: Sequence[TroubleReport]
) -> bool:
    # Two batches at once would each miss the other's bounces.
    lock_address(connection, email_key)
    since = min(one.at for one in new) - rules.soft_bounces.within.length
    recorded = connection.execute(_SOFT_BOUNCES, {"email": email_key, "since": since})
    times = {row.key: row.at for row in recorded} | {one.key: one.at for one in new}
    # What came back before somebody said that mail is welcome again is history.
    welcome = welcome_since(connection, email_key)
    return rules.soft_bounces.reached([at for at in times.values() if not welcome or at > welcome])


def _record(
    connection: Connection,
    *,
    email_key: str,
    action: Literal["opt_in", "opt_out"],
    at: datetime,
    source: Source,
    evidence: str,
    topic: str = "",
) -> int:
    record: int = connection.execute(
        _RECORD,
        {
            "email": email_key,
            "topic": topic,
            "action": action,
            "source": source,
            "evidence": evidence,
            "at": at,
        },
    ).scalar_one()
    return record
