"""An example of each request's body, by operation id, for ``openapi.json``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

_ADDRESS = "anna.berg@lindenmoor.example"
_WEBHOOK = "https://crm.lindenmoor.example/hooks/perennial"
_LEARNED = {"budget": "approved for this year", "need": "a plan of absences for 40 people"}

EXAMPLES: Mapping[str, Mapping[str, Any]] = {
    "archive_cadence": {"take_out": True, "dry_run": True},
    "call_prospects": {"leads": ["42", _ADDRESS], "owner": "rep-1"},
    "create_lead": {
        "email": _ADDRESS,
        "first_name": "Anna",
        "last_name": "Berg",
        "company": "Lindenmoor",
        "phone": "+49 30 55501234",
        "cadence": "welcome-nurture",
    },
    "correct_lead": {"title": "Head of Operations", "phone": "+49 30 55501235"},
    "create_note": {
        "kind": "call",
        "direction": "in",
        "outcome": "connected",
        "text": "Called from the fair: wants the price list.",
    },
    "create_to_do": {"title": "Send the price list", "due_at": "2026-05-04T10:00:00+02:00"},
    "update_to_do": {"due_at": "2026-05-05T09:00:00+02:00"},
    "create_contact": {"kind": "phone", "value": "+49 171 5550123", "label": "mobile"},
    "write_mail": {
        "subject": "The price list you asked for",
        "text": "Hello Anna,\n\nhere it is: https://lindenmoor.example/prices",
        "request": "6f1c",
    },
    "score_lead": {"points": 10},
    "merge_lead": {"other": 43, "values": {"title": 43, "phone": 42}},
    "match_leads": {"domain": "lindenmoor.example", "account_id": 7},
    "move_lead": {"phase": "FollowUp"},
    "complete_task": {
        "disposition": "meeting_booked",
        "at": "2026-05-04T10:00:00+02:00",
        "note": "Wants to see the calendar first.",
    },
    "complete_task_with_undo": {"disposition": "no_answer", "mail": {"skip": True}},
    "reassign_task": {"to": "rep-2"},
    "snooze_task": {"until": "2026-05-04T09:00:00+02:00"},
    "snooze_tasks": {"tasks": [7, 8], "until": "2026-05-04T09:00:00+02:00", "only_check": True},
    "book_meeting": {"lead_id": 42, "starts_at": "2026-05-04T10:00:00+02:00", "minutes": 30},
    "reschedule_meeting": {
        "starts_at": "2026-05-05T14:00:00+02:00",
        "words": "Something came up on our side, sorry. Does Tuesday suit you?",
    },
    "cancel_meeting": {"words": "I am ill today, sorry. I will call you next week."},
    "open_opportunity": {"lead_id": 42, "name": "Second site in Graz"},
    "update_opportunity": {
        "amount": "48000.00",
        "currency": "EUR",
        "expected_close": "2026-09-30",
    },
    "advance_opportunity": {"learned": _LEARNED, "note": "Decides in June."},
    "close_opportunity": {"outcome": "lost", "reason": "budget"},
    "enter_spend": {
        "rows": [
            {"source": "google", "campaign": "spring", "month": "2026-05", "amount": "1200.00"},
            {"source": "fair", "day": "2026-05-04", "amount": "8000", "currency": "EUR"},
        ]
    },
    "enter_exchange_rates": {"rows": [{"currency": "EUR", "day": "2026-05-01", "rate": "1.0825"}]},
    "reactivate_leads": {"leads": [42, 43]},
    "extend_leads": {"matching": {"reason": "budget"}, "until": "2026-09-01"},
    "close_out_leads": {"leads": [42]},
    "return_lead_on": {"until": "2026-09-01"},
    "return_lead_to": {"cadence": "welcome-nurture"},
    "extend_lead": {"until": "2026-09-01"},
    "set_do_not_market": {"until": "2026-09-01T00:00:00Z", "reason": "in a tender"},
    "play_account": {"cadence": "account-play"},
    "play_leads": {"leads": [42, 43], "cadence": "recycle-reentry"},
    "set_presence": {"present": False},
    "set_busy_calendar": {"url": "https://calendar.example/hana/private-1f8e/basic.ics"},
    "set_profile": {
        "name": "Hana Lindqvist",
        "email": "hana@lindenmoor.example",
        "signature": "Field-service planning\nMonday to Thursday",
        "phone": "+49 30 55501234",
        "place": "https://meet.lindenmoor.example/{meeting}",
    },
    "create_absence": {"until": "2026-05-18T09:00:00+02:00", "reason": "holiday"},
    "reassign_tasks": {"leads": [42, 43], "to": "rep-2", "only_check": True},
    "publish": {
        "files": [{"name": "welcome.yaml", "text": "cadence: welcome\n…"}],
        "only_check": True,
    },
    "enroll_leads": {
        "filter": {"country": ["KR"], "recycled": True},
        "per_hour": 200,
        "reason": "webinar in Seoul",
        "dry_run": True,
    },
    "send_test_mail": {"address": _ADDRESS, "language": "en"},
    "suppress_address": {"address": _ADDRESS, "reason": "asked on the phone"},
    "permit_address": {"address": _ADDRESS, "evidence": "form at the fair, 2 October"},
    "suppress_lead": {"reason": "asked on the phone"},
    "permit_lead": {"evidence": "form at the fair, 2 October"},
    "create_endpoint": {"url": _WEBHOOK, "events": ["meeting.booked", "meeting.held"]},
    "remove_endpoint": {"url": _WEBHOOK},
    "test_endpoint": {"url": _WEBHOOK},
    "pause_endpoint": {"url": _WEBHOOK, "paused": True},
    "create_user": {"email": _ADDRESS, "name": "Anna Berg", "role": "sdr", "rep": "rep-1"},
    "update_user": {"role": "marketing"},
    "assign_received_mail": {"lead_id": 42},
    "settle_received_mail": {"settled_as": "reply", "lead_id": 42},
    "reply_to_mail": {"text": "Yes, please call me."},
    "update_import": {"cadence": "welcome-nurture", "source": "fair 2026"},
    "erase_lead": {"address": _ADDRESS, "reason": "asked for by mail"},
    "create_key": {"name": "website", "kind": "browser", "cadence": "welcome-nurture"},
    "revoke_key": {"name": "website"},
    "create_token": {"name": "warehouse", "role": "ops", "days": 90},
    "revoke_token": {"name": "warehouse"},
    "save_view": {
        "page": "/leads",
        "name": "Hot in Korea",
        "query": "grade=hot&country=KR&order=interest",
        "shared": True,
    },
    "update_me": {"language": "ko", "time_zone": "Asia/Seoul"},
    "choose_notifications": {
        "mail": ["sla_breach", "digest"],
        "chat": ["hot_lead", "new_task"],
        "time_zone": "Europe/Berlin",
        "days": ["mon", "tue", "wed", "thu", "fri"],
        "begins": "08:00",
        "ends": "18:00",
        "digest_at": "08:00",
    },
    "set_notification_chat": {
        "service": "slack",
        "url": "https://hooks.slack.com/services/T000/B000/XXXX",
    },
    "send_test_notification": {"way": "chat"},
}
