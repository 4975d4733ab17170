"""Planning calls and meetings, and the mails that go with them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, text
from temporalio import activity

from activities.email import Email, deliver_at_last
from activities.meetings import invitation
from activities.merge import LEAD_COLUMNS, greeted_as, merge_fields
from activities.resources import Resources
from domain.consent import SALES_TOPIC
from domain.journey import SendOne
from store import cadences


class SalesActivities:
    """What the sales half of a journey asks for."""

    def __init__(self, resources: Resources) -> None:
        self.resources = resources

    @activity.defn(no_thread_cancel_exception=True)
    def send_one(self, request: SendOne) -> None:
        """Send one mail outside a cadence, once per key.

        Mails about a meeting are operational: an unsubscribed lead still gets them. The others are
        those after a call (see :data:`domain.consent.SALES_TOPIC`).
        """
        now = self.resources.now()
        with self.resources.engine.begin() as connection:
            lead = _lead(connection, request.lead_id)
            template = cadences.latest_template(connection, request.template, lead.language)
            calendar = invitation(
                self.resources,
                connection,
                lead,
                template=request.template,
                meeting_id=request.meeting_id,
                key=request.key,
                now=now,
            )
        deliver_at_last(
            self.resources,
            Email(
                key=request.key,
                lead_id=lead.id,
                recipient=lead.email,
                recipient_name=greeted_as(lead),
                step=request.template,
                template_version_id=template.id,
                template=template.compiled,
                fields=merge_fields(self.resources.engine, lead, request.meeting_id),
                topic="" if request.meeting_id else SALES_TOPIC,
                calendar=calendar,
            ),
            now,
        )


def _lead(connection: Connection, lead_id: int) -> Any:
    return connection.execute(
        text(
            f"SELECT {LEAD_COLUMNS} FROM lead "
            "LEFT JOIN account ON account.id = lead.account_id WHERE lead.id = :id"
        ),
        {"id": lead_id},
    ).one()
