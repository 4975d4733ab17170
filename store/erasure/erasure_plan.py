"""What is known of a person, table by table, and what erasing leaves of it.

A row that some figure counts stays, without what could tell whose it was. Every other row goes.
``tests/store/test_erasure.py`` finds text, JSON and bytes that are neither in :data:`PLAN` nor in
:data:`IMPERSONAL`: whoever adds a column decides here what becomes of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from store.outbox.relay_messages import OF_JOURNEYS
from store.tables import (
    Alert,
    Assignment,
    CalendarBooking,
    CampaignTouch,
    Confirmation,
    ConsentRecord,
    Engagement,
    Enrollment,
    EntryDate,
    EntryDue,
    FormSubmission,
    ImportFile,
    InboundMessage,
    Lead,
    LeadClaim,
    LeadContact,
    LeadCorrection,
    LeadMerge,
    LeadNote,
    LoginFailure,
    MailRefusal,
    Meeting,
    MeetingMove,
    Notification,
    Opportunity,
    OutboxMessage,
    PendingDisposition,
    RelayMessage,
    Renewal,
    SlaClock,
    Suppression,
    Table,
    Task,
    TopicOptOut,
    Touch,
    Visitor,
    VisitorKey,
    WebhookDelivery,
    WrittenMail,
)

_OF_LEAD = "lead_id = :lead"
_OF_ADDRESS = "email_key = ANY (:email_keys)"


def _named_in(words: str, address: str = "own.address") -> str:
    """SQL: whether one of the addresses, as ``address`` writes it, is a part of ``words``."""
    return (
        "EXISTS (SELECT FROM unnest(cast(:email_keys AS text[])) AS own (address) "
        f"WHERE strpos({words}, {address}) > 0)"
    )


_VISITORS = "(SELECT id FROM visitor WHERE lead_id = :lead)"


@dataclass(frozen=True)
class Erase:
    """Rows of a table, and what becomes of them.

    Attributes:
        whose: SQL condition. It knows ``:lead`` (an id) and ``:email_keys``, its addresses.
        leaves: column → SQL expression of what it holds then; empty when the rows go. It also knows
            ``:mark`` (``erased-<lead id>``), ``:at`` (journey time, UTC) and ``{settled}``: whether
            nobody can be sending the touch any more.
    """

    table: type[Table]
    whose: str
    leaves: Mapping[str, str] = field(default_factory=dict)


PLAN = (
    Erase(PendingDisposition, "task_id IN (SELECT id FROM task WHERE lead_id = :lead)"),
    # What a relay delivers this moment is passed over: it may wait for a row that is locked here.
    Erase(
        RelayMessage,
        "id IN (SELECT id FROM relay_message WHERE outcome = '' AND kind <> 'erase' AND "
        f"{OF_JOURNEYS} FOR UPDATE SKIP LOCKED)",
    ),
    Erase(
        Task,
        _OF_LEAD,
        {
            "title": "'Erased'",
            "instructions": "''",
            "facts": "'{}'",
            "answer": "'{}'",
            "state": "CASE state WHEN 'open' THEN 'withdrawn' ELSE state END",
        },
    ),
    Erase(
        OutboxMessage,
        "recipient_key = ANY (:email_keys) "
        "OR touch_key IN (SELECT key FROM touch WHERE lead_id = :lead) "
        # Tests that colleagues sent themselves show the lead's name.
        "OR starts_with(touch_key, 'test:' || :lead || ':')"
        # And so do the invitations of their reps.
        " OR starts_with(touch_key, 'rep:' || :lead || ':')"
        # What colleagues are told names whom it is about, several people in one mail.
        " OR starts_with(touch_key, 'staff:')",
        {
            "touch_key": "coalesce((SELECT CASE WHEN {settled} THEN 'erased-' || touch.id "
            "ELSE touch.key END FROM touch WHERE touch.key = touch_key), touch_key)",
            "message_id": "'erased-' || id",
            "recipient": ":mark",
            "recipient_key": ":mark",
            "subject": "''",
            "raw": "''",
        },
    ),
    Erase(MailRefusal, "touch_id IN (SELECT id FROM touch WHERE lead_id = :lead)"),
    # Links in mails and events of providers name a touch by its key: they lead nowhere from now on.
    Erase(
        Touch,
        _OF_LEAD,
        {
            "key": "CASE WHEN {settled} THEN 'erased-' || id ELSE key END",
            "state": "CASE state WHEN 'planned' THEN 'suppressed' ELSE state END",
            "message_id": "''",
            "provider_message_id": "''",
            "error": "''",
            "waits_for": "''",
        },
    ),
    Erase(
        InboundMessage,
        f"{_OF_LEAD} OR sender_key = ANY (:email_keys) OR lower(sender) = ANY (:email_keys) "
        "OR "
        + _named_in("lower(sender)", "'<' || own.address || '>'")
        # Mail of nobody we know that names the address: a report on mail to it, such as a bounce.
        + " OR lead_id IS NULL AND "
        + _named_in("lower(concat_ws(' ', sender, subject, text, diagnostic))"),
        {
            "message_id": "'erased-' || id",
            "sender": "''",
            "sender_key": "''",
            "subject": "''",
            "text": "''",
            "diagnostic": "''",
            "meeting_uid": "''",
        },
    ),
    Erase(
        Engagement,
        f"{_OF_LEAD} OR visitor_id IN {_VISITORS}",
        {
            "key": "'erased-' || id",
            "lead_id": ":lead",
            "visitor_id": "NULL",
            "name": "''",
            "detail": "'{}'",
        },
    ),
    # Links that somebody was sent alone may name them.
    Erase(CampaignTouch, f"{_OF_LEAD} OR visitor_id IN {_VISITORS}"),
    Erase(LeadClaim, _OF_LEAD),
    Erase(
        FormSubmission,
        f"{_OF_LEAD} OR {_OF_ADDRESS}",
        {
            "email_key": ":mark",
            "lead_id": ":lead",
            "answers": "'{}'",
            "facts": "'{}'",
            "detail": "'{}'",
            "visitor": "''",
        },
    ),
    # What undoing a merge would restore is about the same person.
    Erase(LeadMerge, _OF_LEAD, {"before": "'{}'"}),
    Erase(LeadCorrection, _OF_LEAD),
    Erase(EntryDue, _OF_LEAD),
    Erase(EntryDate, _OF_LEAD),
    Erase(LeadNote, _OF_LEAD),
    Erase(WrittenMail, _OF_LEAD),
    Erase(Confirmation, _OF_LEAD),
    Erase(VisitorKey, f"visitor_id IN {_VISITORS}"),
    Erase(Visitor, _OF_LEAD),
    Erase(CalendarBooking, f"{_OF_LEAD} OR attendee = ANY (:email_keys)"),
    Erase(MeetingMove, _OF_LEAD),
    Erase(
        Meeting,
        _OF_LEAD,
        {
            "provider_id": "NULL",
            "join_url": "''",
            "words": "''",
            "mail_subject": "''",
            "mail_text": "''",
            "state": "CASE state WHEN 'booked' THEN 'cancelled' ELSE state END",
        },
    ),
    Erase(Renewal, _OF_LEAD),
    Erase(
        Opportunity,
        _OF_LEAD,
        {
            "name": "''",
            "qualification": "'{}'",
            "outcome_reason": "CASE outcome WHEN '' THEN 'erased' ELSE outcome_reason END",
            "outcome": "CASE outcome WHEN '' THEN 'no_outcome' ELSE outcome END",
            "closed_at": "coalesce(closed_at, :at)",
        },
    ),
    Erase(
        Enrollment,
        f"{_OF_LEAD} AND ended_at IS NULL",
        {"ended_at": ":at", "exit_reason": "'erased'"},
    ),
    Erase(Assignment, _OF_LEAD, {"facts": "'{}'"}),
    Erase(
        SlaClock,
        f"{_OF_LEAD} AND state IN ('running', 'paused')",
        {"state": "'void'", "ended_at": ":at"},
    ),
    Erase(Notification, _OF_LEAD),
    Erase(Alert, f"{_OF_LEAD} AND answered_at IS NULL", {"answered_at": ":at"}),
    Erase(Suppression, _OF_ADDRESS),
    Erase(TopicOptOut, _OF_ADDRESS),
    Erase(ConsentRecord, _OF_ADDRESS, {"email_key": ":mark", "evidence": "''"}),
    Erase(LoginFailure, _OF_ADDRESS),
    Erase(LeadContact, _OF_LEAD),
    # A file that waits for its import is compressed: whether the person is in it can't be asked.
    Erase(
        ImportFile,
        "data IS NOT NULL OR "
        + _named_in("lower(concat_ws(' ', cast(head AS text), encode(rejects, 'escape')))"),
    ),
    Erase(
        WebhookDelivery,
        # That somebody was erased, other programs are still to hear.
        "payload->'data'->>'lead_id' = cast(:lead AS text) AND event_type <> 'lead.erased'",
        {
            "payload": "jsonb_build_object('type', event_type, 'timestamp', payload->'timestamp', "
            "'data', cast('{}' AS jsonb))",
            "error": "CASE state WHEN 'waiting' THEN 'the person was erased' ELSE error END",
            "state": "CASE state WHEN 'waiting' THEN 'failed' ELSE state END",
        },
    ),
    Erase(
        Lead,
        "id = :lead",
        {
            "email": ":mark",
            "email_key": ":mark",
            "account_id": "NULL",
            "first_name": "''",
            "last_name": "''",
            "title": "''",
            "phone": "''",
            "source": "''",
            "country": "''",
            "language": "'en'",
            "time_zone": "'UTC'",
            "attributes": "'{}'",
            "entered": "'{}'",
            "phase": "'ended'",
            "phase_reason": "'erased'",
            "phase_since": "CASE phase_reason WHEN 'erased' THEN phase_since ELSE :at END",
            "interest": "0",
            "return_on": "NULL",
            "return_why": "''",
            "return_cadence": "''",
            "recycled_until": "NULL",
        },
    ),
)
"""In the order in which it is done: what names other rows goes before them."""

NOT_OF_LEADS = frozenset(
    {
        "account",  # A company. Whoever writes a person's name into it takes it out again.
        "cadence_version",
        "cadence_trigger",
        "cadence_state",
        "template_version",
        "policy_version",
        "image",  # What marketing shows everybody, without what its file said of anybody.
        "enrollment_run",  # Why a colleague enrolled leads, in words about all of them.
        "import_run",
        "lead_count",
        "scoring_run",
        "segment",
        "segment_size",
        "write_key",
        "form_consent_text",
        "form_day",  # Numbers.
        "engagement_key",  # Hashes of what made events count once, and still does.
        "tracking_use",  # Keyed hashes, for two days.
        "rep",  # People who work here, as the twelve that follow.
        "rep_profile",
        "calendar_feed",
        "busy_calendar",
        "busy_time",
        "routing_share",
        "routing_credit",
        "absence",
        "console_user",
        "draft",
        "saved_view",
        "console_session",
        "login_link",
        "second_factor",
        "recovery_code",
        "sign_in_mail",
        "notification_way",
        "notification_hours",
        "api_token",
        "api_change",  # Ids and codes: see web/api/recorded.py.
        "webhook_endpoint",
        "erasure",
        "write_probe",
        "send_rate",
        "send_counter",  # Names of domains, and addresses of ours.
        "sender_standing",
        "sending_pause",
        "notification_delivery",  # Goes with its notification.
        "exchange_rate",
        "spend",
        "restatement",
        "figure_snapshot",  # Sums of days; of leads only names of their sources.
        "figure_anomaly",
        "failing_activity",  # Names of ours, and the id of one journey as an example.
    }
)
"""Tables in which no lead is."""

IMPERSONAL = frozenset(
    {
        *("alert.key", "alert.kind", "alert.owner"),
        "segment_due.kind",  # A kind of change. Who is erased is taken out of segments by it.
        *("assignment.owner", "assignment.previous", "assignment.cause"),
        *("assignment.rule", "assignment.by", "assignment.turn_back"),
        *("consent_record.topic", "consent_record.action", "consent_record.source"),
        *("crossing.cause", "crossing.grade"),
        *("engagement.kind", "engagement.rule", "engagement.machine"),
        *("enrollment.key", "enrollment.step", "enrollment.counted_from"),
        *("enrollment_run_lead.state", "enrollment_run_lead.why"),
        *("enrollment_run_lead.left_phase", "enrollment_run_lead.left_reason"),
        "enrollment.unanswered",  # Names of branches and attributes, never a value.
        *("form_submission.form", "form_submission.key", "form_submission.state"),
        *("form_submission.suspicion", "form_submission.language", "form_submission.released_by"),
        # Made again from the lead and its rows, when those change.
        *("funnel_unit.source", "funnel_unit.campaign", "funnel_unit.cadence"),
        *("funnel_unit.segment", "funnel_unit.owner", "funnel_unit.country"),
        *("funnel_unit.outcome", "funnel_unit.outcome_reason", "funnel_unit.currency"),
        "funnel_unit.record",  # A hash of what imported history calls it.
        *("funnel_passage.source", "funnel_passage.campaign", "funnel_passage.cadence"),
        *("funnel_passage.segment", "funnel_passage.owner", "funnel_passage.country"),
        *("inbound_message.kind", "inbound_message.tray", "inbound_message.doubt"),
        *("inbound_message.status", "inbound_message.partstat"),
        *("inbound_message.settled_as", "inbound_message.settled_by"),
        *("lead.stage", "lead.owner", "lead.fit", "lead.fit_judged"),
        *("lead.words", "lead.mailbox", "lead.likeness"),  # Made of the others.
        *("lead_merge.by", "lead_merge.undone_by", "not_duplicate.by"),
        *("lead_feedback.verdict", "lead_feedback.reason", "lead_feedback.by"),
        *("meeting.owner", "meeting.booked_by", "meeting.provider", "meeting.uid"),
        *("meeting.old_owner", "meeting.old_uid"),
        "meeting.place",  # The rep's room or number.
        *("meeting.cancelled_by", "meeting_setting.state"),
        *("opportunity.key", "opportunity.owner", "opportunity.stage", "opportunity.competitor"),
        *("opportunity.currency", "opportunity_change.currency"),
        *("opportunity_change.currency_before", "opportunity_change.by", "opportunity_stage.stage"),
        *("sla_action.action", "sla_action.detail"),
        *("sla_clock.key", "sla_clock.promise", "sla_clock.owner", "sla_clock.team"),
        "sla_clock.pauses",
        *("stage_transition.key", "stage_transition.from_stage", "stage_transition.to_stage"),
        *("stage_transition.phase", "stage_transition.reason"),
        *("task.key", "task.kind", "task.step", "task.dispositions", "task.owner", "task.due_in"),
        *("task.workflow_id", "task.run_id", "task.disposition", "task.completed_by"),
        *("touch.step", "touch.topic", "touch.channel", "touch.claim"),
        "touch.sender",  # A rep.
        *("webhook_delivery.event_id", "webhook_delivery.event_type"),
    }
)
"""Columns beside a lead that hold codes of ours: of kinds, stages, rules, workflows, reps."""
