"""What has stopped, in words."""

from __future__ import annotations

from dataclasses import dataclass

from domain import labels
from domain.figures.snapshots import Intake, Subject
from domain.labels import STAGES
from domain.translations.translator import N_, Translator

INTAKES: dict[str, str] = {
    Intake.MAIL_EVENTS: N_("Events about mail"),
    Intake.RECEIVED_MAIL: N_("Received mail"),
    Intake.TRACKING: N_("Website tracking"),
    Intake.BOOKINGS: N_("Bookings from calendars"),
}
"""Ways by which news come in → what they are called."""


@dataclass(frozen=True)
class Stopped:
    """A stage, a source or a way in, of which in ``days`` only ``seen`` came where about
    ``expected`` were usual."""

    subject: str
    name: str
    days: int
    seen: int
    expected: float


def tell_stopped(one: Stopped, _: Translator) -> str:
    """The sentence that says so."""
    what = name_of_series(one.subject, one.name, _)
    seen, expected = f"{one.seen:,}", f"{one.expected:,.0f}"
    return _.ngettext(
        "{what}: {seen} in 1 day, about {expected} are usual",
        "{what}: {seen} in {number} days, about {expected} are usual",
        one.days,
        what=what,
        seen=seen,
        expected=expected,
    )


def name_of_series(subject: str, name: str, _: Translator) -> str:
    """What a series is called."""
    match Subject(subject):
        case Subject.STAGE:
            return _("Stage {name}", name=_(labels.label(STAGES, name)))
        case Subject.SOURCE:
            return _("Source {name}", name=name or _("None"))
    return _(labels.label(INTAKES, name))
