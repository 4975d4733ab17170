"""Who may do what, in the console and through the API: roles, actions, the one table of both."""

from __future__ import annotations

from enum import StrEnum


class Role(StrEnum):
    """What a user may do, or a token may be used for."""

    MARKETING = "marketing"
    SDR = "sdr"
    SUCCESS = "success"
    MANAGER = "manager"
    OPS = "ops"
    ADMIN = "admin"


class Action(StrEnum):
    """What a route does; every route names one."""

    READ_LEADS = "read leads"
    EDIT_LEADS = "enter and correct leads, and write down what happened"
    WRITE_MAIL = "write a mail to a lead"
    SCORE_LEADS = "add points to a lead's score"
    PAUSE_LEADS = "pause and resume leads"
    MOVE_LEADS = "stop and move leads"
    READ_TASKS = "read tasks"
    COMPLETE_TASKS = "complete tasks"
    REASSIGN = "reassign leads and tasks"
    CALL_PROSPECTS = "have sales call prospects"
    READ_MEETINGS = "read meetings"
    BOOK_MEETINGS = "book and cancel meetings"
    READ_OPPORTUNITIES = "read opportunities"
    WORK_OPPORTUNITIES = "open, advance and close opportunities"
    READ_RECYCLE = "read recycled leads"
    CHANGE_RECYCLE = "reactivate, extend and close out recycled leads"
    READ_ACCOUNTS = "read accounts"
    DO_NOT_MARKET = "set accounts to do-not-market and release them"
    READ_TEAM = "read teams"
    SET_PRESENCE = "set presence and absences"
    SET_PROFILE = "set how reps sign, and their calendar address"
    READ_SLA = "read SLA figures"
    READ_FIGURES = "read figures"
    READ_MONEY = "read what leads cost and bring"
    ENTER_MONEY = "enter spend and exchange rates"
    READ_CADENCES = "read cadences and policies"
    ENROLL = "enroll leads in cadences, and undo it"
    RUN_CADENCES = "pause and archive cadences"
    DRAFT = "write and check cadences and policies"
    PUBLISH = "publish cadences and policies"
    PUBLISH_TEAM = "publish teams, routing and the SLA"
    READ_FORMS = "read what was sent by forms, and release it from spam"
    READ_SUPPRESSIONS = "read suppressions"
    SUPPRESS = "stop mail to a lead"
    PERMIT = "allow mail to a lead again"
    SETTLE_MAIL = "say what a received mail is"
    READ_CHANGES = "read what was changed by whom"
    MANAGE_WEBHOOKS = "manage webhooks"
    MANAGE_USERS = "manage users"
    MANAGE_KEYS = "manage write keys and tokens"
    MERGE_LEADS = "merge leads that are one person"
    MATCH_ACCOUNTS = "say which account leads belong to"
    ERASE = "erase a person"
    IMPORT_LEADS = "import leads"
    READ_MAILS = "read the outbox"
    READ_SYSTEM = "read how the system stands"
    RESUME_SENDING = "have paused sending go on"
    READ_DELIVERABILITY = "read how senders stand"
    RESUME_SENDER = "let a stopped sender go on"
    OWN_SETTINGS = "change their own settings"


OF_ONE_TEAM = frozenset({Role.SDR, Role.SUCCESS})
"""Roles of reps: what they do is done in the name of their rep and for leads of its team. Customer
success sees all customers besides, whoever has them."""

_EVERYBODY = frozenset(Role)
_SALES = frozenset({Role.SDR, Role.SUCCESS, Role.MANAGER, Role.ADMIN})

ALLOWED: dict[Action, frozenset[Role]] = {
    Action.READ_LEADS: _EVERYBODY,
    Action.EDIT_LEADS: _SALES | {Role.MARKETING},
    Action.WRITE_MAIL: _SALES,
    Action.SCORE_LEADS: frozenset({Role.MARKETING, Role.SDR, Role.MANAGER, Role.ADMIN}),
    Action.PAUSE_LEADS: _EVERYBODY,
    Action.MOVE_LEADS: frozenset({Role.MANAGER, Role.OPS, Role.ADMIN}),
    Action.READ_TASKS: _SALES | {Role.OPS},
    Action.COMPLETE_TASKS: _SALES,
    Action.REASSIGN: frozenset({Role.MANAGER, Role.ADMIN}),
    Action.CALL_PROSPECTS: frozenset({Role.MANAGER, Role.ADMIN}),
    Action.READ_MEETINGS: _EVERYBODY,
    Action.BOOK_MEETINGS: _SALES,
    Action.READ_OPPORTUNITIES: _EVERYBODY,
    Action.WORK_OPPORTUNITIES: _SALES,
    Action.READ_RECYCLE: _EVERYBODY,
    Action.CHANGE_RECYCLE: frozenset({Role.MARKETING, Role.MANAGER, Role.ADMIN}),
    Action.READ_ACCOUNTS: _EVERYBODY,
    Action.DO_NOT_MARKET: _SALES,
    Action.READ_TEAM: _EVERYBODY,
    Action.SET_PRESENCE: _SALES,
    Action.SET_PROFILE: _SALES,
    Action.READ_SLA: _EVERYBODY,
    Action.READ_FIGURES: _EVERYBODY,
    Action.READ_MONEY: _EVERYBODY - OF_ONE_TEAM,
    Action.ENTER_MONEY: frozenset({Role.MARKETING, Role.MANAGER, Role.ADMIN}),
    Action.READ_CADENCES: _EVERYBODY,
    Action.ENROLL: frozenset({Role.MARKETING, Role.ADMIN}),
    Action.RUN_CADENCES: frozenset({Role.MARKETING, Role.ADMIN}),
    Action.DRAFT: frozenset({Role.MARKETING, Role.MANAGER, Role.ADMIN}),
    Action.PUBLISH: frozenset({Role.MARKETING, Role.ADMIN}),
    Action.PUBLISH_TEAM: frozenset({Role.MANAGER, Role.ADMIN}),
    Action.READ_FORMS: frozenset({Role.MARKETING, Role.MANAGER, Role.ADMIN}),
    Action.READ_SUPPRESSIONS: _EVERYBODY,
    Action.SUPPRESS: _SALES | {Role.MARKETING},
    Action.PERMIT: frozenset({Role.MARKETING, Role.ADMIN}),
    Action.SETTLE_MAIL: _SALES | {Role.MARKETING},
    Action.READ_CHANGES: frozenset({Role.OPS, Role.ADMIN}),
    Action.MANAGE_WEBHOOKS: frozenset({Role.ADMIN}),
    Action.MANAGE_USERS: frozenset({Role.ADMIN}),
    Action.MANAGE_KEYS: frozenset({Role.ADMIN}),
    Action.MERGE_LEADS: _SALES | {Role.MARKETING, Role.OPS},
    Action.MATCH_ACCOUNTS: _SALES | {Role.MARKETING, Role.OPS},
    Action.ERASE: frozenset({Role.ADMIN}),
    Action.IMPORT_LEADS: frozenset({Role.MARKETING, Role.OPS, Role.ADMIN}),
    Action.READ_MAILS: frozenset({Role.MARKETING, Role.MANAGER, Role.OPS, Role.ADMIN}),
    Action.READ_SYSTEM: frozenset({Role.OPS, Role.ADMIN}),
    Action.RESUME_SENDING: frozenset({Role.OPS, Role.ADMIN}),
    Action.READ_DELIVERABILITY: frozenset({Role.MARKETING, Role.OPS, Role.ADMIN}),
    Action.RESUME_SENDER: frozenset({Role.MARKETING, Role.OPS, Role.ADMIN}),
    Action.OWN_SETTINGS: _EVERYBODY,
}
"""Action → the roles that may do it. A user or token :data:`OF_ONE_TEAM` does it for the leads that
it sees only, and sets nobody's presence nor profile but its rep's own."""


OF_THE_TEAMS = ("team", "sla")
"""The policies that say who sees and gets which lead, and when it is taken from them."""


def publishing(policy: str) -> Action:
    """What publishing a policy is. Those :data:`OF_THE_TEAMS` are for whoever answers for the
    teams; a cadence or a mail ('') is as any other policy."""
    return Action.PUBLISH_TEAM if policy in OF_THE_TEAMS else Action.PUBLISH
