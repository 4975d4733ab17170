"""The ledger of touches: never the same touch twice, none dropped.

A touch is claimed before its mail is written, marked right before it is handed to the provider, and
settled after; each is a transaction of its own. What was claimed only is taken over by the next
attempt, and the one that lost it can't mark it any more. A claim that finds the mark does not send:
only the channel, or later the provider's events, can say whether that one went out.
Times are journey time, UTC.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy import Connection, text

from domain.cadences.planner import ARCHIVED
from domain.consent.policy import FrequencyCap, Room, room_under
from domain.contracts.journey import EventCode
from domain.email.sender import Sender

# One request, two statements: the first waits for whoever has the lead locked, and the second sees
# what they have committed. So a suppression that was there a moment earlier wins, and of two
# claims for one lead the later counts the earlier one under the caps.
_CLAIM = text(
    """
    SELECT FROM lead WHERE id = :lead FOR NO KEY UPDATE;
    WITH recent AS (
        SELECT coalesce(sent_at, planned_at) AS at FROM touch
        WHERE lead_id = :lead AND topic <> '' AND key <> :key
            AND state IN ('claimed', 'sending', 'sent', 'unknown')
            AND coalesce(sent_at, planned_at) > :since
    ),
    lead_now AS (
        SELECT
            EXISTS (SELECT FROM suppression WHERE email_key = lead.email_key
                    AND reason = ANY(cast(:stops AS text[])))
            OR EXISTS (SELECT FROM topic_opt_out WHERE email_key = lead.email_key
                       AND topic = :topic)
            OR :topic <> '' AND EXISTS (SELECT FROM confirmation WHERE lead_id = lead.id
                                        AND confirmed_at IS NULL) AS stopped,
            EXISTS (SELECT FROM unnest(cast(:times AS int[]), cast(:froms AS timestamptz[]))
                        AS cap (times, since)
                    WHERE cap.times <= (SELECT count(*) FROM recent
                                        WHERE recent.at > cap.since)) AS full_up,
            NOT :probe AND EXISTS (SELECT FROM sending_pause WHERE channel = :channel
                                   AND ended_at IS NULL) AS paused,
            EXISTS (SELECT FROM enrollment JOIN cadence_version AS version
                        ON version.id = enrollment.cadence_version_id
                    JOIN cadence_state AS state USING (name)
                    WHERE enrollment.id = :enrollment AND paused_at IS NOT NULL) AS waits
        FROM lead WHERE lead.id = :lead AND NOT EXISTS (
            SELECT FROM touch WHERE enrollment_id = :enrollment AND key <> :key AND :turn <> ''
                AND starts_with(claim, :turn))
            AND NOT EXISTS (SELECT FROM enrollment WHERE id = :enrollment
                AND exit_reason IN (:undone, :archived))
    ),
    claimed AS (
        INSERT INTO touch (key, lead_id, enrollment_id, template_version_id, step, topic, channel,
                           state, claim, sender, message_id, planned_at)
        SELECT :key, :lead, cast(:enrollment AS bigint), cast(:template_version AS bigint), :step,
            :topic, :channel,
            CASE WHEN stopped THEN 'suppressed' ELSE 'claimed' END, :claim,
            cast(:sender AS jsonb), :message_id, :at
        FROM lead_now WHERE stopped OR NOT (full_up OR paused OR waits)
        ON CONFLICT (key) DO UPDATE SET
            claim = CASE WHEN touch.state IN ('planned', 'claimed') THEN excluded.claim
                ELSE touch.claim END,
            waits_for = CASE WHEN touch.state IN ('planned', 'claimed') THEN ''
                ELSE touch.waits_for END,
            state = CASE WHEN touch.state IN ('planned', 'claimed') THEN excluded.state
                ELSE touch.state END
        RETURNING state, claim, sender
    )
    SELECT state, claim, sender, cast('{}' AS timestamptz[]) AS recent FROM claimed
    UNION ALL
    SELECT CASE WHEN touch.state NOT IN ('planned', 'claimed') THEN touch.state
            WHEN waits THEN 'cadence_paused' WHEN paused THEN 'paused' ELSE 'capped' END,
        coalesce(touch.claim, ''), coalesce(touch.sender, '{}'), ARRAY(SELECT at FROM recent)
    FROM lead_now LEFT JOIN touch ON touch.key = :key
    WHERE (full_up OR paused OR waits) AND NOT stopped
    """
)
_FROM_COMPANY = text(
    "UPDATE touch SET sender = '{}' WHERE key = :key AND claim = :claim AND state = 'claimed'"
)
# Compare and set: an attempt that was taken over while it slept finds another claim, and whoever
# said no since the claim is heard at the last moment.
_HAND_OVER = text(
    """
    UPDATE touch SET state = CASE
        WHEN EXISTS (SELECT FROM suppression WHERE email_key = lead.email_key
                     AND reason = ANY(cast(:stops AS text[])))
            OR EXISTS (SELECT FROM topic_opt_out WHERE email_key = lead.email_key
                       AND topic = touch.topic)
        THEN 'suppressed' ELSE 'sending' END
    FROM lead
    WHERE touch.key = :key AND touch.state IN ('claimed', 'sending') AND touch.claim = :claim
        AND lead.id = touch.lead_id
    RETURNING touch.state
    """
)
_SETTLE = text(
    """
    UPDATE touch SET provider_message_id = :provider_id, error = :error,
        state = CASE WHEN state = 'unknown' AND :state = 'planned' THEN 'failed' ELSE :state END,
        sent_at = CASE WHEN :state = 'sent' THEN cast(:at AS timestamptz) END
    WHERE key = :key AND state IN ('claimed', 'sending', 'unknown')
        AND (claim = :claim OR :state = 'sent')
    """
)
_PUT_OFF = text(
    """
    UPDATE touch SET error = :error, refusals = refusals + 1,
        refused_from = coalesce(refused_from, :at),
        state = CASE WHEN :at - coalesce(refused_from, :at) >= cast(:at_most AS interval)
            THEN 'failed' ELSE 'planned' END
    WHERE key = :key AND state IN ('claimed', 'sending') AND claim = :claim
    RETURNING state, refusals
    """
)
# Evidence of sending also closes a touch that waits to be tried again: the answer "not taken" was
# wrong, and another attempt would double it. That it was not sent leaves the retry its chance, and
# corrects what was taken for sent when the provider had only queued it. What was said of a touch
# before it became due again is history.
_SETTLE_BY_EVIDENCE = text(
    """
    UPDATE touch SET state = said.state, error = said.error,
        provider_message_id = coalesce(nullif(touch.provider_message_id, ''), said.provider_id),
        sent_at = CASE WHEN said.state = 'sent' THEN greatest(touch.planned_at, said.at) END
    FROM unnest(cast(:keys AS text[]), cast(:states AS text[]), cast(:ats AS timestamptz[]),
                cast(:provider_ids AS text[]), cast(:errors AS text[]),
                cast(:lasts AS timestamptz[])) AS said (key, state, at, provider_id, error, last)
    WHERE touch.key = said.key
        AND (touch.returned_at IS NULL OR said.last > touch.returned_at)
        AND (touch.state IN ('sending', 'unknown')
             OR (touch.state IN ('planned', 'claimed') AND said.state = 'sent')
             OR (touch.state = 'sent' AND said.state = 'failed' AND touch.delivered_at IS NULL))
    """
)


class TurnTaken(Exception):
    """Another attempt at the same turn has claimed another touch, or the enrollment was undone:
    this one woke too late."""


@dataclass(frozen=True)
class Claim:
    """The state of a touch after claiming it: one of the ledger, ``capped`` when the lead has had
    its mails for now, ``paused`` while the channel sends nothing, or
    ``cadence_paused``. ``mine`` is whether this claim may send, ``holder`` the claim that the row
    carries, ``sender`` the rep whom its first claim chose (None: the company's own sender),
    ``room`` when a capped touch may go."""

    state: str
    mine: bool
    holder: str
    sender: Sender | None = None
    room: Room | None = None


def claim(
    connection: Connection,
    *,
    key: str,
    claim: str,
    lead_id: int,
    enrollment_id: int | None,
    template_version_id: int | None,
    step: str,
    topic: str,
    channel: str,
    message_id: str,
    sender: Sender | None = None,
    stops: Sequence[str],
    caps: Sequence[FrequencyCap],
    at: datetime,
    probe: bool = False,
    turn: str = "",
) -> Claim:
    """Take the touch ``key`` to ``claimed``, unless it was handed over before, may not be sent,
    is over a frequency cap, or its channel or cadence is paused; then nothing is
    written. An earlier claim is taken over.

    Suppressions, topics the lead does not want and caps are judged with the lead's row locked,
    in one round trip.

    Args:
        claim: names this run and attempt; two claims are never alike.
        topic: what marketing's mail is about; '' for operational mail, which counts under no cap.
        sender: the rep it is from, which counts with the first claim of a touch; None for the
            company's own sender.
        stops: the suppression reasons that stop this kind of mail.
        caps: the frequency caps it waits for.
        at: journey time, UTC.
        probe: whether it may go although the channel is paused.
        turn: what the claims of all attempts begin with of which one may send, and one touch; ''
            for a mail that is none of a cadence.

    Raises:
        TurnTaken
    """
    froms = [at - cap.span for cap in caps]
    row = connection.execute(
        _CLAIM,
        {
            "key": key,
            "claim": claim,
            "lead": lead_id,
            "enrollment": enrollment_id,
            "template_version": template_version_id,
            "step": step,
            "topic": topic,
            "channel": channel,
            "message_id": message_id,
            "sender": json.dumps(sender.as_dict() if sender else {}),
            "stops": list(stops),
            "times": [cap.times for cap in caps],
            "froms": froms,
            "since": min(froms, default=at),
            "at": at,
            "probe": probe,
            "turn": turn,
            "undone": EventCode.UNENROLLED,
            "archived": ARCHIVED,
        },
    ).first()
    if row is None:
        raise TurnTaken
    room = room_under(caps, row.recent, at) if row.state == "capped" else None
    mine = row.state == "claimed" and row.claim == claim
    return Claim(row.state, mine, row.claim, _sender(row.sender), room)


def kept_sender(connection: Connection, key: str, chosen: Sender | None) -> Sender | None:
    """The rep whom the touch ``key`` is from (None: the company's own sender): as its first claim
    says, and ``chosen`` when nobody has claimed it yet."""
    kept = connection.scalar(text("SELECT sender FROM touch WHERE key = :key"), {"key": key})
    return chosen if kept is None else _sender(kept)


def _sender(kept: Mapping[str, str]) -> Sender | None:
    return Sender(**kept) if kept else None


def send_as_company(connection: Connection, key: str, *, claim: str) -> None:
    """Keep that the touch ``key`` comes from the company's own sender after all, if ``claim`` still
    holds it and nobody has got it."""
    connection.execute(_FROM_COMPANY, {"key": key, "claim": claim})


def hand_over(
    connection: Connection, key: str, *, claim: str, stops: Sequence[str]
) -> Literal["sending", "suppressed"] | None:
    """Mark that the provider gets the touch ``key`` now, if ``claim`` still holds it.

    To be called when everything else is ready. Repeated after an answer that got lost, it says
    the same.

    Args:
        stops: the suppression reasons that stop this kind of mail.

    Returns:
        ``sending``: hand it over. ``suppressed``: the lead has said no since the claim. None:
        another attempt has taken it over, or events have settled it.
    """
    state: Literal["sending", "suppressed"] | None = connection.execute(
        _HAND_OVER, {"key": key, "claim": claim, "stops": list(stops)}
    ).scalar()
    return state


def settle(
    connection: Connection,
    key: str,
    state: str,
    *,
    claim: str,
    at: datetime,
    provider_message_id: str = "",
    error: str = "",
) -> bool:
    """Record what became of the touch under ``claim``: sent, failed, unknown, or planned (to try
    again).

    A touch that is settled already stays as it is. One that another attempt has claimed since can
    only become sent: an attempt that was given up on must not open it again. Nor does it open one
    that is unknown by now, from which its journey has gone on: that one has failed.

    Returns:
        Whether it was recorded.
    """
    settled = connection.execute(
        _SETTLE,
        {
            "key": key,
            "state": state,
            "claim": claim,
            "provider_id": provider_message_id,
            "error": error,
            "at": at,
        },
    )
    return settled.rowcount == 1


def put_off(
    connection: Connection, key: str, *, claim: str, at: datetime, error: str, at_most: timedelta
) -> tuple[Literal["planned", "failed"], int] | None:
    """Have a touch that was surely not accepted wait for another try, unless it has waited long
    enough: then it has failed.

    Args:
        at: journey time, UTC.
        at_most: for how long it may be put off, from the first time on.

    Returns:
        ``planned`` or ``failed``, and how often it was put off; None when another attempt has it.
    """
    row = connection.execute(
        _PUT_OFF, {"key": key, "claim": claim, "at": at, "error": error, "at_most": at_most}
    ).first()
    return None if row is None else (row.state, row.refusals)


@dataclass(frozen=True)
class Evidence:
    """What the provider itself says became of the touch ``key``. ``at`` is when it was sent as far
    as that is known, ``last`` when the latest that tells of it happened (journey time, UTC);
    ``error`` a sentence without personal data, '' for a touch that was sent."""

    key: str
    state: Literal["sent", "failed"]
    at: datetime
    last: datetime
    provider_message_id: str = ""
    error: str = ""


def settle_by_evidence(connection: Connection, evidence: Sequence[Evidence]) -> int:
    """Settle touches whose outcome nobody here knows, whoever claimed them.

    A touch that is settled already stays as it is. At most one piece of evidence per touch.

    Returns:
        How many touches it settled.
    """
    return connection.execute(
        _SETTLE_BY_EVIDENCE,
        {
            "keys": [said.key for said in evidence],
            "states": [said.state for said in evidence],
            "ats": [said.at for said in evidence],
            "provider_ids": [said.provider_message_id for said in evidence],
            "errors": [said.error for said in evidence],
            "lasts": [said.last for said in evidence],
        },
    ).rowcount


def record_delivered(connection: Connection, delivered: Mapping[int, datetime]) -> dict[int, int]:
    """Keep when the recipients' servers took these touches (id → journey time, UTC).

    Reported twice, the later time stays: what was learned of a visit from the earlier one holds.

    Returns:
        The touches that have a new time, id → id of the lead.
    """
    rows = connection.execute(
        text(
            """
            UPDATE touch SET delivered_at = said.at
            FROM unnest(cast(:ids AS bigint[]), cast(:ats AS timestamptz[])) AS said (id, at)
            WHERE touch.id = said.id
                AND (touch.delivered_at IS NULL OR touch.delivered_at < said.at)
            RETURNING touch.id, touch.lead_id
            """
        ),
        {"ids": list(delivered), "ats": list(delivered.values())},
    )
    return {row.id: row.lead_id for row in rows}


@dataclass(frozen=True)
class TouchedLead:
    """A touch and the lead that it went to."""

    touch_id: int
    touch_key: str
    lead_id: int
    email_key: str
    language: str
    time_zone: str
    country: str
    owner: str


def touches_of_leads(connection: Connection, keys: Sequence[str]) -> dict[str, TouchedLead]:
    """The touches with these keys, by key; those that do not exist are left out."""
    rows = connection.execute(
        text(
            "SELECT touch.id, touch.key, lead.id, email_key, language, time_zone, country, owner "
            "FROM touch JOIN lead ON lead.id = touch.lead_id "
            "WHERE touch.key = ANY(cast(:keys AS text[]))"
        ),
        {"keys": list(keys)},
    )
    return {one.touch_key: one for one in (TouchedLead(*row) for row in rows)}
