"""The tables of Perennial, one class each. Times are ``timestamptz`` in UTC."""

from __future__ import annotations

from store.tables.base import Table
from store.tables.cadences import CadenceVersion, Enrollment, PolicyVersion, TemplateVersion
from store.tables.engagement import (
    Alert,
    Crossing,
    Engagement,
    ScoringRun,
    Visitor,
    VisitorKey,
    WriteKey,
)
from store.tables.leads import Account, ImportRun, Lead, StageTransition
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
from store.tables.sales import Meeting, Opportunity, Rep, Task

__all__ = [
    "TOUCH_STATES",
    "Account",
    "Alert",
    "CadenceVersion",
    "ConsentRecord",
    "Crossing",
    "Engagement",
    "Enrollment",
    "ImportRun",
    "InboundMessage",
    "Lead",
    "Meeting",
    "Opportunity",
    "OutboxMessage",
    "PolicyVersion",
    "RelayMessage",
    "Rep",
    "ScoringRun",
    "StageTransition",
    "Suppression",
    "Table",
    "Task",
    "TemplateVersion",
    "TopicOptOut",
    "Touch",
    "Visitor",
    "VisitorKey",
    "WriteKey",
]
