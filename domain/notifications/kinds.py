"""What people are told of, and by which ways."""

from __future__ import annotations

from enum import StrEnum

from domain.translations.translator import N_


class NotificationKind(StrEnum):
    """What a notification tells of."""

    HOT_LEAD = "hot_lead"
    ESCALATED = "escalated"
    """Nobody answers a hot lead: for the manager of its owner."""
    NEW_TASK = "new_task"
    REASSIGNED = "reassigned"
    SLA_BREACH = "sla_breach"
    RECEIVED_MAIL = "received_mail"
    """A mail came of which nobody can tell whose it is, or what."""
    SENDING_STOPPED = "sending_stopped"
    SENDER_STOPPED = "sender_stopped"
    """Of one sender, for what bounces or is called spam."""
    OTHER_ALERT = "other_alert"
    """Of meetings, opportunities, leads without a rep."""
    DIGEST = "digest"
    """What a day holds, in its morning."""
    WEEKLY = "weekly_figures"
    """The figures of the week that is over, for the role of who reads it."""
    ANOMALY = "anomaly"
    """What used to come in has stopped: a stage, a source, news from another program."""
    WAY_OFF = "way_off"
    """Nothing more is sent to an address of the user, because it fails."""
    TEST = "test"


class NotifyBy(StrEnum):
    """A way to tell somebody."""

    DESKTOP = "desktop"
    """On open pages of the console: in their title and, where the browser may, on the desktop."""
    MAIL = "mail"
    CHAT = "chat"
    """An incoming webhook of Slack or Microsoft Teams."""


class ChatService(StrEnum):
    """Whose format a chat's webhook takes."""

    SLACK = "slack"
    TEAMS = "teams"


CHOSEN: dict[NotificationKind, str] = {
    NotificationKind.HOT_LEAD: N_("A hot lead is yours"),
    NotificationKind.NEW_TASK: N_("A new task is yours"),
    NotificationKind.REASSIGNED: N_("A lead was given to you"),
    NotificationKind.SLA_BREACH: N_("A promise was not kept in time"),
    NotificationKind.ESCALATED: N_("Nobody of your team answers a hot lead"),
    NotificationKind.RECEIVED_MAIL: N_("Received mail that a person must look at"),
    NotificationKind.SENDING_STOPPED: N_("No mail goes out"),
    NotificationKind.SENDER_STOPPED: N_("A sender of ours is stopped"),
    NotificationKind.OTHER_ALERT: N_("Other alerts: meetings, opportunities, leads without a rep"),
    NotificationKind.ANOMALY: N_("A figure has stopped or collapsed"),
    NotificationKind.DIGEST: N_("What my day holds, each morning"),
    NotificationKind.WEEKLY: N_("The figures of my week, each Monday"),
}
"""What people choose from → what it is called. The others reach whoever they are about."""
DIGESTS = [NotificationKind.DIGEST, NotificationKind.WEEKLY]
"""Each is a message of its own, for where nobody looks yet."""
ON_DESKTOP: list[NotificationKind] = [kind for kind in CHOSEN if kind not in DIGESTS]
URGENT = [
    NotificationKind.HOT_LEAD,
    NotificationKind.REASSIGNED,
    NotificationKind.SLA_BREACH,
    NotificationKind.ESCALATED,
    NotificationKind.SENDING_STOPPED,
    NotificationKind.SENDER_STOPPED,
]
"""What a chat is told of until its owner chooses."""
SERVICES = {ChatService.SLACK: "Slack", ChatService.TEAMS: "Microsoft Teams"}
_OF_ALERTS = {
    "hot_lead": NotificationKind.HOT_LEAD,
    "hot_unanswered": NotificationKind.ESCALATED,
    "sla_reminder": NotificationKind.SLA_BREACH,
    "sla_breach": NotificationKind.SLA_BREACH,
    "sending_paused": NotificationKind.SENDING_STOPPED,
    "sender_stopped": NotificationKind.SENDER_STOPPED,
}


def kind_of_alert(alert: str) -> NotificationKind:
    """What an alert of this kind is told as."""
    return _OF_ALERTS.get(alert, NotificationKind.OTHER_ALERT)


def offered(way: NotifyBy) -> list[NotificationKind]:
    """What may be chosen for a way."""
    return ON_DESKTOP if way == NotifyBy.DESKTOP else list(CHOSEN)
