"""Enrolling leads and taking it back, and cadences paused and archived, as it is asked for at three
doors."""

from __future__ import annotations

from services import cadences, enrollments
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


def paused(api: Api) -> None:
    """Touches of a cadence wait."""
    api.value(
        "INSERT INTO cadence_state (name, paused_at, paused_by) VALUES ('mid-funnel', now(), 'x') "
        "RETURNING 1"
    )


def archived(api: Api) -> None:
    """Nobody enters a cadence."""
    api.value(
        "INSERT INTO cadence_state (name, archived_at, archived_by) "
        "VALUES ('mid-funnel', now(), 'x') RETURNING 1"
    )


def named_nowhere(api: Api) -> None:
    """No policy sends leads into the cadence."""
    api.value(
        "UPDATE policy_version SET source = replace(source, 'mid-funnel', 'welcome-nurture') "
        "RETURNING 1"
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
    Act(
        "pause a cadence",
        "marketing",
        asked("marketing", "POST", "/cadences/mid-funnel/pause"),
        pressed("marketing", cadences.pause, "mid-funnel"),
        ("cadence", "pause", "mid-funnel"),
    ),
    Act(
        "resume a cadence",
        "marketing",
        asked("marketing", "POST", "/cadences/mid-funnel/resume"),
        pressed("marketing", cadences.resume, "mid-funnel"),
        ("cadence", "resume", "mid-funnel"),
        before=paused,
    ),
    Act(
        "pause a cadence that there is not",
        "marketing",
        asked("marketing", "POST", "/cadences/nothing/pause"),
        pressed("marketing", cadences.pause, "nothing"),
        ("cadence", "pause", "nothing"),
        "The cadence 'nothing' is not published.",
    ),
    Act(
        "archive a cadence",
        "marketing",
        asked("marketing", "POST", "/cadences/mid-funnel/archive", take_out=True),
        pressed("marketing", cadences.archive, "mid-funnel", take_out=True),
        ("cadence", "archive", "mid-funnel", "--take-out"),
        before=named_nowhere,
    ),
    Act(
        "archive a cadence that a policy names",
        "marketing",
        asked("marketing", "POST", "/cadences/recycle-reentry/archive", take_out=False),
        pressed("marketing", cadences.archive, "recycle-reentry", take_out=False),
        ("cadence", "archive", "recycle-reentry"),
        "These policies still send leads into recycle-reentry",
    ),
    Act(
        "unarchive a cadence",
        "marketing",
        asked("marketing", "POST", "/cadences/mid-funnel/unarchive"),
        pressed("marketing", cadences.unarchive, "mid-funnel"),
        ("cadence", "unarchive", "mid-funnel"),
        before=archived,
    ),
]
