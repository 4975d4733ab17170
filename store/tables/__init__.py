"""The tables of Perennial, one class each. Times are ``timestamptz`` in UTC."""

from __future__ import annotations

from store.tables.access import ApiChange, ApiToken, WebhookDelivery, WebhookEndpoint
from store.tables.base import Table
from store.tables.cadences import CadenceVersion, Enrollment, PolicyVersion, TemplateVersion
from store.tables.console import (
    ConsoleSession,
    ConsoleUser,
    Draft,
    Erasure,
    HeldAnswer,
    ImportFile,
    LoginFailure,
    LoginLink,
    RecoveryCode,
    SecondFactor,
)
from store.tables.engagement import (
    Alert,
    Crossing,
    Engagement,
    ScoringRun,
    Visitor,
    VisitorKey,
    WriteKey,
)
from store.tables.health import FailingActivity, WriteProbe
from store.tables.leads import IN_SALES_HANDS, Account, ImportRun, Lead, StageTransition
from store.tables.mail import (
    TOUCH_STATES,
    ConsentRecord,
    InboundMessage,
    OutboxMessage,
    Suppression,
    TopicOptOut,
    Touch,
)
from store.tables.relay import RelayMessage
from store.tables.sales import (
    Absence,
    Assignment,
    CalendarBooking,
    LeadFeedback,
    Meeting,
    Opportunity,
    Renewal,
    Rep,
    RoutingShare,
    SlaAction,
    SlaClock,
    Task,
)
from store.tables.tracking import Confirmation, LeadClaim, TrackingUse

__all__ = [
    "IN_SALES_HANDS",
    "TOUCH_STATES",
    "Absence",
    "Account",
    "Alert",
    "ApiChange",
    "ApiToken",
    "Assignment",
    "CadenceVersion",
    "CalendarBooking",
    "Confirmation",
    "ConsentRecord",
    "ConsoleSession",
    "ConsoleUser",
    "Crossing",
    "Draft",
    "Engagement",
    "Enrollment",
    "Erasure",
    "FailingActivity",
    "HeldAnswer",
    "ImportFile",
    "ImportRun",
    "InboundMessage",
    "Lead",
    "LeadClaim",
    "LeadFeedback",
    "LoginFailure",
    "LoginLink",
    "Meeting",
    "Opportunity",
    "OutboxMessage",
    "PolicyVersion",
    "RecoveryCode",
    "RelayMessage",
    "Renewal",
    "Rep",
    "RoutingShare",
    "ScoringRun",
    "SecondFactor",
    "SlaAction",
    "SlaClock",
    "StageTransition",
    "Suppression",
    "Table",
    "Task",
    "TemplateVersion",
    "TopicOptOut",
    "Touch",
    "TrackingUse",
    "Visitor",
    "VisitorKey",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WriteKey",
    "WriteProbe",
]
