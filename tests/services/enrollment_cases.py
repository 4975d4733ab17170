"""Enrolling leads and taking it back, as it is asked for at three doors."""

from __future__ import annotations

from services import enrollments
from tests.services.act_cases import Act, asked, pressed
from tests.web.api.conftest import Api

ENROLLED = enrollments.Enrolling(enrollments.LeadsByIds([1]), reason="fair")
ENROLL_PATH = "/cadences/welcome-nurture/enrollments"


def resting(api: Api) -> None:
    """The lead is in recycle."""
    api.value("UPDATE lead SET phase = 'Recycle', stage = 'recycled' WHERE id = 1 RETURNING id")


def enrolled(api: Api) -> None:
    """The lead is about to enter a cadence."""
    resting(api)
    api.value(
        """
        WITH run AS (
            INSERT INTO enrollment_run (cadence, selected, replaces, by, at)
            VALUES ('welcome-nurture', 1, false, 'somebody', now()) RETURNING id)
        INSERT INTO enrollment_run_lead (run_id, lead_id, state, due_at)
        SELECT id, 1, 'waiting', now() FROM run RETURNING run_id
        """
    )


ACTS = [
    Act(
        "enroll",
        "marketing",
        asked("marketing", "POST", ENROLL_PATH, leads=[1], reason="fair"),
        pressed("marketing", enrollments.enroll, "welcome-nurture", ENROLLED),
        ("cadence", "enroll", "welcome-nurture", "--ids", "1", "--reason", "fair"),
        before=resting,
    ),
    Act(
        "enroll who is with sales",
        "marketing",
        asked("marketing", "POST", ENROLL_PATH, leads=[1], reason="fair"),
        pressed("marketing", enrollments.enroll, "welcome-nurture", ENROLLED),
        ("cadence", "enroll", "welcome-nurture", "--ids", "1", "--reason", "fair"),
        "None of these leads may enter welcome-nurture.",
    ),
    Act(
        "undo an enrollment",
        "marketing",
        asked("marketing", "DELETE", "/enrollments/1"),
        pressed("marketing", enrollments.undo, 1),
        ("cadence", "undo-enrollment", "1"),
        before=enrolled,
    ),
    Act(
        "undo an enrollment that there is not",
        "marketing",
        asked("marketing", "DELETE", "/enrollments/1"),
        pressed("marketing", enrollments.undo, 1),
        ("cadence", "undo-enrollment", "1"),
        "There is no enrollment run 1.",
    ),
]
