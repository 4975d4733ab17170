"""All workflow types a worker runs."""

from __future__ import annotations

from workflows.confirmation import Confirmation
from workflows.customer import Customer
from workflows.desk import Desk
from workflows.follow_up import FollowUp
from workflows.meeting import Meeting
from workflows.nurture import Nurture
from workflows.opportunity import Opportunity
from workflows.opportunity_stages import OpportunityStages
from workflows.recycle import Recycle
from workflows.rescore import Rescore
from workflows.side_cadence import SideCadence
from workflows.side_meeting import SideMeeting
from workflows.standalone_task import StandaloneTask
from workflows.webhook_delivery import WebhookDelivery

WORKFLOWS = [
    Nurture,
    FollowUp,
    Meeting,
    Opportunity,
    OpportunityStages,
    Customer,
    SideCadence,
    StandaloneTask,
    SideMeeting,
    Recycle,
    Rescore,
    Desk,
    WebhookDelivery,
    Confirmation,
]
