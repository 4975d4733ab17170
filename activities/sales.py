"""Planning calls and meetings, and the mails that go with them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from temporalio import activity

from activities.email import Email, deliver_at_last
from activities.invitations import comes_too_late, invitation, withdrawal
from activities.rep_mail import invite_rep
from activities.resources import Resources
from domain.consent.policy import SALES_TOPIC
from domain.contracts.journey import SendOne
from domain.refusals import TemplateMissing
from mail.follow_up import written
from mail.meeting_mails import CALLS_OFF, HANDED_OVER, INVITES, in_words_of, template_about
from mail.merge import greeted_as, merge_fields, owner_of
from mail.senders import choose_sender, still_sending
from services.template_parts import TEMPLATES, template_parts
from store.consent.consent import consent_policy
from store.engine import RowGone
from store.journeys.calls import mail_words
from store.mail.ledger import kept_sender
from store.meetings.meeting_rows import (
    MeetingDetails,
    mark_old_withdrawn,
    mark_withdrawn,
    meeting_details,
)
from store.published import cadences
from store.routing.lead_facts import MailLead, mail_lead


class SalesActivities:
    """What the sales half of a journey asks for."""

    def __init__(self, resources: Resources) -> None:
        self.resources = resources

    @activity.defn(no_thread_cancel_exception=True)
    def send_one(self, request: SendOne) -> None:
        """Send one mail outside a cadence, once per key.

        Mails about a meeting are operational: an unsubscribed lead still gets them. The others are
        those after a call (see :data:`domain.consent.policy.SALES_TOPIC`). Either goes in the words
        of whoever called or met, where there are any.
        """
        now = self.resources.now()
        with self.resources.engine.begin() as connection:
            if comes_too_late(connection, request, now):
                return
            lead = mail_lead(connection, request.lead_id)
            if lead is None:
                raise RowGone(f"There is no lead {request.lead_id}.")
            template = template_about(connection, request.template, lead.language)
            words = mail_words(connection, request.after_task) if request.after_task else None
            compiled = template.compiled
            if words is not None:
                compiled = written(
                    connection,
                    template.id,
                    template.name,
                    template_parts(TEMPLATES),
                    subject=words.subject,
                    text=words.text,
                )
            about = meeting_details(connection, request.meeting_id) if request.meeting_id else None
            if about is not None and request.template in (INVITES, *CALLS_OFF):
                parts = template_parts(TEMPLATES)
                compiled = in_words_of(connection, template, about.meeting, parts)
            topic = "" if about else SALES_TOPIC
            who = consent_policy(connection).sender_of(topic)
            owner = owner_of(lead, about)
            chosen = choose_sender(connection, self.resources.settings, who, owner, topic)
            fields = merge_fields(
                connection, self.resources.settings, lead, about, template.language
            )
            kept = kept_sender(connection, request.key, chosen)
            sender = still_sending(self.resources.settings, kept)
            invited = invitation(
                self.resources,
                connection,
                lead,
                about,
                template=request.template,
                language=template.language,
                key=request.key,
                sender=sender,
                now=now,
            )
        mail = Email(
            key=request.key,
            lead_id=lead.id,
            recipient=lead.email,
            recipient_name=greeted_as(lead),
            step=request.template,
            template_version_id=template.id,
            template=compiled,
            fields=fields,
            sender=sender,
            topic=topic,
            calendar=invited.part if invited else None,
        )
        delivery = deliver_at_last(self.resources, mail, now)
        if invited is None or about is None or delivery.state != "sent":
            return
        if invited.part.method == "CANCEL":
            with self.resources.engine.begin() as connection:
                mark_withdrawn(connection, request.meeting_id)
        invite_rep(self.resources, invited, lead_id=lead.id, key=request.key)
        if about.meeting.old_uid:
            self._withdraw(mail, lead, about, cancelled=invited.part.method == "CANCEL", now=now)

    def _withdraw(
        self, mail: Email, lead: MailLead, about: MeetingDetails, *, cancelled: bool, now: datetime
    ) -> None:
        """Take the invitation of the rep of before out of calendars, unless ``mail`` did so, which
        said that the meeting is called off."""
        if not cancelled:
            key = f"{mail.key}:withdrawn"
            with self.resources.engine.begin() as connection:
                try:
                    template = cadences.latest_template(connection, HANDED_OVER, lead.language)
                except TemplateMissing:
                    # Not published yet: the entry of before goes with the next change.
                    return
                fields = merge_fields(
                    connection, self.resources.settings, lead, about, template.language
                )
                invited = withdrawal(
                    self.resources,
                    connection,
                    lead,
                    about,
                    language=template.language,
                    sender=mail.sender,
                    now=now,
                )
            told = replace(
                mail,
                key=key,
                step=HANDED_OVER,
                template_version_id=template.id,
                template=template.compiled,
                fields=fields,
                calendar=invited.part,
            )
            if deliver_at_last(self.resources, told, now).state == "sent":
                invite_rep(self.resources, invited, lead_id=lead.id, key=key)
        with self.resources.engine.begin() as connection:
            mark_old_withdrawn(connection, about.meeting)
