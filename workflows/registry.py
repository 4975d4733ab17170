"""All workflow types a worker runs."""

from __future__ import annotations

from workflows.confirmation import ConfirmationWorkflow
from workflows.customer import CustomerPhase
from workflows.daily_figures import DailyFigures
from workflows.escalation import EscalationWorkflow
from workflows.follow_up import FollowUpPhase
from workflows.meeting import MeetingPhase
from workflows.notify_user import NotifyUserWorkflow
from workflows.nurture import NurturePhase
from workflows.opportunity import OpportunityPhase
from workflows.opportunity_stages import OpportunityStages
from workflows.recycle import RecyclePhase
from workflows.rescore import Rescore
from workflows.sales_sweep import SalesSweep
from workflows.side_cadence import SideCadence
from workflows.side_meeting import SideMeeting
from workflows.standalone_task import StandaloneTask
from workflows.webhook_delivery import WebhookDeliveryWorkflow
from workflows.written_mail import WrittenMailWorkflow

WORKFLOWS = [
    NurturePhase,
    FollowUpPhase,
    MeetingPhase,
    OpportunityPhase,
    OpportunityStages,
    CustomerPhase,
    SideCadence,
    StandaloneTask,
    SideMeeting,
    RecyclePhase,
    Rescore,
    SalesSweep,
    WebhookDeliveryWorkflow,
    ConfirmationWorkflow,
    WrittenMailWorkflow,
    NotifyUserWorkflow,
    EscalationWorkflow,
    DailyFigures,
]
