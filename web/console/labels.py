"""Codes of the database in the visitor's words; a code that nobody named is shown as it is."""

from __future__ import annotations

from babel import Locale

from web.console.words import N_, _, language

STAGES = {
    "not started": N_("Not started"),
    "anonymous": N_("Anonymous"),
    "known": N_("Known"),
    "engaged": N_("Engaged"),
    "mql": N_("MQL"),
    "sal": N_("SAL"),
    "sql": N_("SQL"),
    "opportunity": N_("Opportunity"),
    "customer": N_("Customer"),
    "recycled": N_("Recycled"),
    "disqualified": N_("Disqualified"),
}
"""Where a lead stands in the funnel."""
PHASES = {
    "": N_("Not started"),
    "Nurture": N_("Nurture"),
    "FollowUp": N_("Follow-up"),
    "Meeting": N_("Meeting"),
    "Opportunity": N_("Opportunity"),
    "Customer": N_("Customer"),
    "Recycle": N_("Recycle"),
    "ended": N_("Ended"),
}
"""Which workflow type a journey is in."""
DISPOSITIONS = {
    "accept": N_("Accept"),
    "return": N_("Return"),
    "meeting_booked": N_("Meeting booked"),
    "connected": N_("Connected"),
    "meaningful": N_("Good conversation"),
    "call_back": N_("Call back"),
    "left_voicemail": N_("Left voicemail"),
    "no_answer": N_("No answer"),
    "busy": N_("Busy"),
    "wrong_number": N_("Wrong number"),
    "not_interested": N_("Not interested"),
    "unqualified": N_("Unqualified"),
    "done": N_("Done"),
    "skipped": N_("Skipped"),
    "held": N_("Held"),
    "not_a_fit": N_("Not a fit"),
    "no_show": N_("No-show"),
    "cancelled": N_("Cancelled"),
    "rescheduled": N_("Rescheduled"),
    "advanced": N_("Advanced"),
    "in_progress": N_("In progress"),
    "help": N_("Ask marketing for help"),
    "no_help": N_("No help needed"),
    "won": N_("Won"),
    "lost": N_("Lost"),
    "no_outcome": N_("No outcome"),
    "renewed": N_("Renewed"),
    "not_now": N_("Not now"),
}
"""How tasks end."""
TASK_KINDS = {
    "qualify": N_("Accept or return"),
    "call": N_("Call"),
    "cadence": N_("Cadence task"),
    "meeting_outcome": N_("How did the meeting go?"),
    "opportunity": N_("Move the sale on"),
    "loss_review": N_("Loss review"),
    "hand_over": N_("Customer hand-over"),
    "customer_question": N_("Customer's question"),
    "lead_message": N_("Lead has written"),
    "renewal": N_("Renewal"),
    "upsell": N_("Upsell"),
}
"""What a task asks for."""
MEETING_STATES = {
    "booked": N_("Booked"),
    "held": N_("Held"),
    "no_show": N_("No-show"),
    "cancelled": N_("Cancelled"),
}
"""How far an appointment has come."""
REASONS = {
    "new": N_("New"),
    "score_reached": N_("Score reached"),
    "hot": N_("Hot right now"),
    "replied": N_("Replied"),
    "booked": N_("Booked a meeting"),
    "interest": N_("Shows interest again"),
    "outbound": N_("Chosen by sales"),
    "outcome_unknown": N_("Meeting without outcome"),
    "cancelled_by_us": N_("We called the meeting off"),
    "asked_for": N_("Asked to be called now"),
    "contract_end": N_("Contract ends"),
    "woken": N_("Woken by sales"),
    "play": N_("Sales play"),
    "time_up": N_("Rest is over"),
    "exhausted": N_("Cadence is over"),
    "no_response": N_("No response"),
    "not_worked": N_("Nobody worked it"),
    "too_early": N_("Too early"),
    "stalled": N_("Stalled"),
    "churned": N_("Churned"),
    "bad_data": N_("Bad data"),
    "duplicate": N_("Duplicate"),
    "competitor": N_("Competitor"),
    "student": N_("Student"),
    "price": N_("Price"),
    "no_budget": N_("No budget"),
    "no_decision": N_("No decision"),
    "missing_feature": N_("Missing feature"),
    "timing": N_("Timing"),
    "contact_left": N_("Contact left"),
    "unsubscribed": N_("Unsubscribed"),
    "bounced": N_("Mail bounced"),
    "complained": N_("Complained"),
    "retired": N_("Retired"),
    "stopped": N_("Stopped"),
    "moved": N_("Moved by hand"),
    "attended": N_("Attended"),
    "closed": N_("Closed"),
    "erased": N_("Erased"),
}
"""Why a phase began or a lead came back, where no disposition of that name says it."""

ENGAGEMENTS = {
    "open": N_("Opened a mail"),
    "click": N_("Clicked a link"),
    "reply": N_("Answered"),
    "form": N_("Filled in a form"),
    "booking": N_("Booked a meeting"),
    "unsubscribe": N_("Unsubscribed"),
    "bounce": N_("Mail bounced"),
    "soft_bounce": N_("Mail was put off"),
    "complaint": N_("Called it spam"),
    "resubscribe": N_("Subscribed again"),
    "auto_reply": N_("Automatic answer"),
    "out_of_office": N_("Out of office"),
    "meeting_answer": N_("Answered an invitation"),
    "unclear": N_("Unclear mail"),
    "score": N_("Points given by hand"),
    "page": N_("Read a page"),
    "screen": N_("Used the product"),
    "track": N_("Did something"),
}
"""What a lead did."""
MACHINES = {
    "agent": N_("a scanner, by its name"),
    "network": N_("a scanner, by its network"),
    "prefetch": N_("a scanner, seconds after delivery"),
    "all_links": N_("a scanner, on all links at once"),
    "privacy_proxy": N_("a privacy proxy"),
}
"""Which machine did it instead of the lead."""
MAIL_STATES = {
    "planned": N_("Mail planned"),
    "claimed": N_("Mail on its way"),
    "sending": N_("Mail on its way"),
    "sent": N_("Mail sent"),
    "failed": N_("Mail failed"),
    "unknown": N_("Mail perhaps sent"),
    "suppressed": N_("Mail held back"),
}
"""What became of a mail."""
TASK_STATES = {
    "open": N_("Task opened"),
    "done": N_("Task done"),
    "withdrawn": N_("Task withdrawn"),
    "expired": N_("Task past its deadline"),
    "refused": N_("Disposition refused"),
}
"""What became of a task."""
PROMISES = {
    "hand_over": N_("Hand-over"),
    "accept": N_("Acceptance"),
    "accept_hot": N_("Acceptance of a hot lead"),
    "first_week": N_("Calls of the first week"),
    "return": N_("First call"),
}
"""What marketing and sales promise each other."""
PROMISE_ACTIONS = {
    "breach": N_("not kept in time"),
    "remind": N_("owner reminded"),
    "reassign": N_("given to a colleague"),
    "tell_manager": N_("manager told"),
}
"""What was done about a promise that was not kept."""
CAUSES = {
    "routed": N_("routed"),
    "overflow": N_("waits for somebody with room"),
    "reassigned": N_("reassigned"),
    "absence": N_("absence"),
    "sla": N_("promise not kept"),
    "cover": N_("covers for a colleague"),
}
"""Why a lead changed hands."""
SUPPRESSIONS = {
    "unsubscribed": N_("unsubscribed"),
    "bounced": N_("the address does not work"),
    "soft_bounced": N_("the mailbox takes nothing for now"),
    "complained": N_("called a mail spam"),
    "manual": N_("stopped by hand"),
    "unconfirmed": N_("the address is not confirmed"),
}
"""Why an address gets no mail."""

ALERTS = {
    "hot_lead": N_("Hot lead waits"),
    "overflow": N_("Leads without a rep"),
    "sending_paused": N_("No mail goes out"),
    "sla_reminder": N_("Promise broken"),
    "sla_breach": N_("Promise broken for long"),
    "stalled": N_("Sale stands still"),
    "outcome_missing": N_("Meeting without outcome"),
    "meeting_overlap": N_("Booked over another meeting"),
    "second_meeting": N_("Lead has a second meeting"),
    "cancel_at_service": N_("Moved here: cancel it where it was booked"),
    "meeting_reassigned": N_("Meeting is yours now"),
    "meeting_declined": N_("Lead declined the invitation"),
    "invitation_answered": N_("Invitation answered by somebody else"),
    "booking_unreadable": N_("Booking report can't be read"),
}
"""What somebody must hear of."""
SALE_STAGES = {
    "discovery": N_("Discovery"),
    "proposal": N_("Proposal"),
    "negotiation": N_("Negotiation"),
}
"""The stages of a sale, where the policy names them so."""
SPANS = {
    "day": N_("day"),
    "week": N_("week"),
    "morning": N_("in the morning"),
    "midday": N_("around noon"),
    "afternoon": N_("in the afternoon"),
    "evening": N_("in the evening"),
}
"""What a cap on mail holds for, and when on a day a call is tried."""
ROLES = {
    "marketing": N_("Marketing"),
    "sdr": N_("SDR"),
    "manager": N_("Manager"),
    "ops": N_("Ops"),
    "admin": N_("Admin"),
}
"""What somebody may do, as ``domain.access`` has it."""


def stage(code: str) -> str:
    """A stage of the funnel."""
    return _label(STAGES, code)


def phase(code: str) -> str:
    """A phase of the journey; '' is one that has not begun."""
    return _label(PHASES, code)


def disposition(code: str) -> str:
    """What a task ended, or may end, with."""
    return _label(DISPOSITIONS, code)


def task_kind(code: str) -> str:
    """What kind of work a task is."""
    return _label(TASK_KINDS, code)


def meeting_state(code: str) -> str:
    """How far an appointment has come."""
    return _label(MEETING_STATES, code)


def reason(code: str) -> str:
    """Why a lead is where it is."""
    return _label(DISPOSITIONS | REASONS, code)


def engagement(code: str) -> str:
    """What a lead did."""
    return _label(ENGAGEMENTS, code)


def machine(code: str) -> str:
    """Which machine did something in a lead's place."""
    return _label(MACHINES, code)


def mail_state(code: str) -> str:
    """What became of a mail."""
    return _label(MAIL_STATES, code)


def task_state(code: str) -> str:
    """What became of a task."""
    return _label(TASK_STATES, code)


def promise(code: str) -> str:
    """What was promised about a lead."""
    return _label(PROMISES, code)


def promise_action(code: str) -> str:
    """What was done about a promise that was not kept."""
    return _label(PROMISE_ACTIONS, code)


def cause(code: str) -> str:
    """Why a lead changed hands."""
    return _label(CAUSES, code)


def suppression(code: str) -> str:
    """Why an address gets no mail."""
    return _label(SUPPRESSIONS, code)


def alert(code: str) -> str:
    """What an alert tells of."""
    return _label(ALERTS, code)


def sale_stage(code: str) -> str:
    """A stage of a sale."""
    return _label(SALE_STAGES, code)


def span_name(code: str) -> str:
    """A span of time, or a part of the day."""
    return _label(SPANS, code)


def role(code: str) -> str:
    """What somebody may do."""
    return _label(ROLES, code)


def country(code: str) -> str:
    """A country by its code (ISO 3166-1)."""
    return str(Locale.parse(language()).territories.get(code, code))


def spoken(code: str) -> str:
    """A language by its code (BCP 47), such as ``pt-BR``."""
    name = Locale.parse(language()).languages.get(code.partition("-")[0], code)
    return f"{name} ({code})" if "-" in code else str(name)


def _label(table: dict[str, str], code: str) -> str:
    return _(table[code]) if code in table else code.replace("_", " ")
