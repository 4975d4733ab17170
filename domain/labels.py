"""What people call the codes of the database, in English; the console has translations
(``web/console/labels.py``)."""

from __future__ import annotations

from domain.tasks import rules

STAGES = {
    "not started": "Not started",
    "anonymous": "Anonymous",
    "known": "Known",
    "engaged": "Engaged",
    "mql": "MQL",
    "sal": "SAL",
    "sql": "SQL",
    "opportunity": "Opportunity",
    "customer": "Customer",
    "recycled": "Recycled",
    "disqualified": "Disqualified",
}
"""Where a lead stands in the funnel."""
PHASES = {
    "": "Not started",
    "Nurture": "Nurture",
    "FollowUp": "Follow-up",
    "Meeting": "Meeting",
    "Opportunity": "Opportunity",
    "Customer": "Customer",
    "Recycle": "Recycle",
    "ended": "Ended",
}
"""Which workflow type a journey is in."""
DISPOSITIONS = {code.value: rule.label for code, rule in rules.DISPOSITIONS.items()}
"""How tasks end."""
TASK_KINDS = {kind.value: rule.label for kind, rule in rules.TASKS.items()}
"""What a task asks for."""
MEETING_STATES = {
    "booked": "Booked",
    "held": "Held",
    "no_show": "No-show",
    "cancelled": "Cancelled",
}
"""How far an appointment has come."""
REASONS = {
    "new": "New",
    "score_reached": "Score reached",
    "hot": "Hot right now",
    "replied": "Replied",
    "booked": "Booked a meeting",
    "interest": "Shows interest again",
    "outbound": "Chosen by sales",
    "outcome_unknown": "Meeting without outcome",
    "cancelled_by_us": "We called the meeting off",
    "asked_for": "Asked to be called now",
    "contract_end": "Contract ends",
    "reactivated": "Reactivated by sales",
    "play": "Sales play",
    "enrolled": "Enrolled by marketing",
    "unenrolled": "Enrollment undone",
    "time_up": "Rest is over",
    "exhausted": "Cadence is over",
    "archived": "Cadence is archived",
    "no_response": "No response",
    "not_worked": "Nobody worked it",
    "too_early": "Too early",
    "stalled": "Stalled",
    "churned": "Churned",
    "bad_data": "Bad data",
    "duplicate": "Duplicate",
    "competitor": "Competitor",
    "student": "Student",
    "price": "Price",
    "no_budget": "No budget",
    "no_decision": "No decision",
    "missing_feature": "Missing feature",
    "timing": "Timing",
    "contact_left": "Contact left",
    "other": "Another reason",
    "unsubscribed": "Unsubscribed",
    "bounced": "Mail bounced",
    "complained": "Complained",
    "closed_out": "Closed out",
    "stopped": "Stopped",
    "moved": "Moved by hand",
    "attended": "Attended",
    "closed": "Closed",
    "erased": "Erased",
    "merged": "Merged into another lead",
    "merge_undone": "A merge was undone",
}
"""Why a phase began or a lead came back, where no disposition of that name says it."""
WHY_NOT = {
    "gone": "No such lead",
    "with_sales": "With sales",
    "opportunity_open": "An opportunity is open",
    "customer": "Customer",
    "closed": "The journey is over",
    "no_address": "No e-mail address",
    "do_not_market": "The account is not marketed to",
    "suppressed": "Gets no mail",
    "unconfirmed": "The address is not confirmed",
    "topic_refused": "Wants no mail on this topic",
    "starting": "The journey begins this moment",
    "in_run": "Is about to be enrolled otherwise",
    "already_in": "In this cadence already",
    "better_cadence": "In a cadence with a higher priority",
    "too_late": "Happened too long ago",
    "other_cadence": "In another cadence",
    "re_entry": "Was in it before, and may not enter again",
    "excluded": "Excluded by the cadence",
    "archived": "The cadence is archived",
    "ready": "Ready for sales",
}
"""Why a lead does not enter a cadence by hand."""
ENROLLMENT_STATES = {
    "waiting": "Waits for its time",
    "told": "On its way",
    "entered": "Entered",
    "left_out": "Stays out",
    "dropped": "Undone before it entered",
    "undoing": "Goes back",
    "undone": "Back where it was",
}
"""What became of a lead that somebody enrolled by hand."""
ENGAGEMENTS = {
    "open": "Opened a mail",
    "click": "Clicked a link",
    "reply": "Answered",
    "form": "Filled in a form",
    "booking": "Booked a meeting",
    "unsubscribe": "Unsubscribed",
    "bounce": "Mail bounced",
    "soft_bounce": "Mail was put off",
    "complaint": "Called it spam",
    "resubscribe": "Subscribed again",
    "auto_reply": "Automatic answer",
    "out_of_office": "Out of office",
    "meeting_answer": "Answered an invitation",
    "unclear": "Unclear mail",
    "score": "Points given by hand",
    "page": "Read a page",
    "screen": "Used the product",
    "track": "Did something",
}
"""What a lead did."""
MACHINES = {
    "agent": "a scanner, by its name",
    "network": "a scanner, by its network",
    "prefetch": "a scanner, seconds after delivery",
    "all_links": "a scanner, on all links at once",
    "privacy_proxy": "a privacy proxy",
}
"""Which machine did it instead of the lead."""
MAIL_STATES = {
    "planned": "Mail planned",
    "claimed": "Mail on its way",
    "sending": "Mail on its way",
    "sent": "Mail sent",
    "failed": "Mail failed",
    "unknown": "Mail perhaps sent",
    "suppressed": "Mail held back",
}
"""What became of a mail."""
TASK_STATES = {
    "open": "Task opened",
    "done": "Task done",
    "withdrawn": "Task withdrawn",
    "expired": "Task past its deadline",
    "refused": "Disposition refused",
}
"""What became of a task."""
PROMISES = {
    "hand_over": "Hand-over",
    "accept": "Acceptance",
    "accept_hot": "Acceptance of a hot lead",
    "first_week": "Calls of the first week",
    "return": "First call",
}
"""What marketing and sales promise each other."""
PROMISE_ACTIONS = {
    "breach": "not kept in time",
    "remind": "owner reminded",
    "reassign": "given to a colleague",
    "tell_manager": "manager told",
}
"""What was done about a promise that was not kept."""
CAUSES = {
    "routed": "routed",
    "unassigned": "waits for somebody with room",
    "reassigned": "reassigned",
    "absence": "absence",
    "sla": "promise not kept",
    "cover": "covers for a colleague",
}
"""Why a lead changed hands."""
STANDINGS = {
    "chosen": "got it",
    "later_turn": "not their turn",
    "full": "no room",
    "away": "not at work",
    "less_suited": "asked later",
    "had_it": "had it before",
}
"""How a rep stood when a lead was given to somebody."""
SUPPRESSIONS = {
    "unsubscribed": "unsubscribed",
    "bounced": "the address does not work",
    "soft_bounced": "the mailbox takes nothing for now",
    "complained": "called a mail spam",
    "manual": "stopped by hand",
    "unconfirmed": "the address is not confirmed",
}
"""Why an address gets no mail."""
ALERTS = {
    "hot_lead": "Hot lead waits",
    "hot_unanswered": "Nobody answers a hot lead",
    "unassigned": "Leads without a rep",
    "sending_paused": "No mail goes out",
    "sender_stopped": "A sender of ours is stopped",
    "nudge": "Your manager asks you to look",
    "sla_reminder": "Promise broken",
    "sla_breach": "Promise broken for long",
    "stalled": "Opportunity stands still",
    "outcome_missing": "Meeting without outcome",
    "meeting_overlap": "Booked over another meeting",
    "second_meeting": "Lead has a second meeting",
    "cancel_at_service": "Moved here: cancel it where it was booked",
    "meeting_reassigned": "Meeting is yours now",
    "meeting_declined": "Lead declined the invitation",
    "invitation_answered": "Invitation answered by somebody else",
    "booking_unreadable": "Booking report can't be read",
}
"""What somebody must hear of."""
SALE_STAGES = {
    "discovery": "Discovery",
    "proposal": "Proposal",
    "negotiation": "Negotiation",
}
"""The stages of an opportunity, where the policy names them so."""
SPANS = {
    "day": "day",
    "week": "week",
    "morning": "in the morning",
    "midday": "around noon",
    "afternoon": "in the afternoon",
    "evening": "in the evening",
}
"""What a cap on mail holds for, and when on a day a call is tried."""
ROLES = {
    "marketing": "Marketing",
    "sdr": "SDR",
    "success": "Customer success",
    "manager": "Manager",
    "ops": "Ops",
    "admin": "Admin",
}
"""What somebody may do, as ``domain.access`` has it."""
LIKENESSES = {
    "mailbox": "same mailbox",
    "phone": "same phone number",
    "name_and_company": "same name at the same company",
}
"""Why two leads may be the same person."""
MERGE_FIELDS = {
    "email": "E-mail address",
    "first_name": "First name",
    "last_name": "Last name",
    "title": "Title",
    "phone": "Phone",
    "account_id": "Account",
    "country": "Country",
    "language": "Language",
    "time_zone": "Time zone",
    "source": "Source",
}
"""What of a lead can be chosen when two are merged."""
ACCOUNT_EVIDENCE = {
    "domain": "its own domain",
    "subdomain": "a part of its domain",
    "colleagues": "colleagues are there",
    "name": "called like the domain",
}
"""What says that leads belong to an account."""
RULES = {
    name: name
    for name in (
        *("opened a mail", "clicked in a mail", "replied", "filled in a form", "booked a meeting"),
        *("unsubscribed", "called it spam", "asked for a demo", "started a trial"),
        *("came to a webinar", "reckoned the savings", "downloaded something", "used the trial"),
        *("looked at prices", "read how others do it", "looked at jobs", "read a page"),
        *("decides about money", "runs service or operations", "still learns or looks for work"),
        *("head count", "sends people out", "sells the same as we do"),
        *("came through somebody we know", "given by hand"),
        *("Korea", "Iberia and Brazil", "the rest of the world", "account owner"),
    )
}
"""Rules of scoring and routing as they are shipped; those that marketing and sales write go by the
name that they give them."""
POLICY_NAMES = {
    "scoring": "Scoring",
    "consent": "Consent",
    "team": "Teams and routing",
    "sla": "SLA",
    "follow-up": "Follow-up",
    "meeting": "Meetings",
    "opportunity": "Opportunities",
    "customer": "Customers",
    "recycle": "Recycling",
    "content": "Material for sales",
    "segments": "Segments",
    "forms": "Forms",
    "brand": "Brand",
}
"""What marketing and sales agree on in a file of its own."""
WHY = DISPOSITIONS | REASONS
"""Why a lead is where it is."""


def label(table: dict[str, str], code: str) -> str:
    """What a code is called; one that nobody named is shown as it is."""
    if table is WHY and (before := rested_for(code)):
        return f"Back after: {label(WHY, before)}"
    return table.get(code) or code.replace("_", " ")


def rested_for(code: str) -> str:
    """Why a lead rested that came back for this reason; '' for other reasons."""
    return code.removeprefix("recycled_") if code.startswith("recycled_") else ""
