"""What a notification says, in the language of whom it is for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from domain import labels
from domain.labels import ALERTS, TASK_KINDS
from domain.notifications.kinds import NotificationKind
from domain.notifications.stopped import Stopped, tell_stopped
from domain.time.shown import full_moment
from domain.translations.translator import N_, Translator


@dataclass(frozen=True)
class Told:
    """A notification in words. ``path`` leads to it in the console; then it counts as seen."""

    text: str
    detail: str
    path: str


@dataclass(frozen=True)
class TellOf:
    """What is told: who, of which company (both '' where it is about nobody), the codes of the
    task and the alert, and what has stopped."""

    id: int
    kind: str
    name: str
    company: str
    owner: str
    task_kind: str
    task_title: str
    alert_kind: str
    due_at: datetime | None
    stopped: Stopped | None


def tell(one: TellOf, language: str, time_zone: str) -> Told:
    """The sentence of a notification, and by when something is to be done, in a zone's time."""
    _ = Translator(language)
    who = _("{name} ({company})", name=one.name, company=one.company) if one.company else one.name
    text = tell_stopped(one.stopped, _) if one.stopped else _text(one, who, _)
    due = one.due_at.astimezone(ZoneInfo(time_zone)) if one.due_at else None
    timed = one.kind in (NotificationKind.HOT_LEAD, NotificationKind.NEW_TASK)
    detail = _("by {time}", time=full_moment(due, language)) if due and timed else ""
    return Told(" ".join(text.split()), detail, f"/notifications?to={one.id}")


def _text(one: TellOf, who: str, _: Translator) -> str:
    match NotificationKind(one.kind):
        case NotificationKind.HOT_LEAD:
            return _("Hot lead: {who}", who=who)
        case NotificationKind.ESCALATED:
            return _(
                "Nobody answers a hot lead: {who}, {owner}",
                who=who,
                owner=one.owner or _("without a rep"),
            )
        case NotificationKind.NEW_TASK:
            task = one.task_title or _(labels.label(TASK_KINDS, one.task_kind))
            return _("{task}: {who}", task=task, who=who)
        case NotificationKind.REASSIGNED:
            return _("This lead is yours now: {who}", who=who)
        case NotificationKind.RECEIVED_MAIL:
            if not who:
                return _("A mail came, and nobody knows whose it is")
            return _("A mail came that a person must look at: {who}", who=who)
        case NotificationKind.SENDING_STOPPED:
            return _("No mail goes out: our mail is refused")
        case NotificationKind.SENDER_STOPPED:
            return _("A sender of ours is stopped: too much of its mail comes back")
        case NotificationKind.SLA_BREACH | NotificationKind.OTHER_ALERT:
            alert = _(labels.label(ALERTS, one.alert_kind))
            return _("{alert}: {who}", alert=alert, who=who) if who else alert
        case kind:
            return _(_OF_NOBODY[kind])


_OF_NOBODY = {
    NotificationKind.DIGEST: N_("Your morning"),
    NotificationKind.WEEKLY: N_("Your week in figures"),
    NotificationKind.ANOMALY: N_("A figure has stopped"),
    NotificationKind.WAY_OFF: N_("An address of yours fails: nothing more is sent there"),
    NotificationKind.TEST: N_("A test: notifications arrive here"),
}


def place_of(kind: str, *, task_id: int | None, lead_id: int | None) -> str:
    """Where in the console a notification is seen to, under ``/console``."""
    match NotificationKind(kind):
        case NotificationKind.WAY_OFF | NotificationKind.TEST:
            return "/you"
        case NotificationKind.RECEIVED_MAIL:
            return "/received"
        case NotificationKind.DIGEST | NotificationKind.SENDING_STOPPED:
            return "/"
        case NotificationKind.SENDER_STOPPED:
            return "/deliverability"
        case NotificationKind.WEEKLY:
            return "/figures/funnel"
        case NotificationKind.ANOMALY:
            return "/figures/anomalies"
    if task_id:
        return f"/tasks/{task_id}"
    return f"/leads/{lead_id}" if lead_id else "/team"


def reason_told(error: str, _: Translator) -> str:
    """Why an address failed: the status that its server answered, or what is wrong, as it is
    kept."""
    if error.isdecimal():
        return _("Its server answered {status}.", status=error)
    return _("It could not be reached: {reason}", reason=error)
