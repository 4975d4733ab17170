"""The mails that colleagues write to one lead."""

from __future__ import annotations

from temporalio import activity

from activities.email import Email, deliver_at_last
from activities.resources import Resources
from domain.consent.policy import SALES_TOPIC
from domain.contracts.written_mail import WRITTEN_MAIL_STEP, SendWrittenMail
from domain.email.sender import OWNER, card_of
from mail.merge import greeted_as, merge_fields
from mail.senders import choose_sender, still_sending
from store.lead_work.written_mails import letter_of
from store.mail.ledger import kept_sender
from store.routing.lead_facts import mail_lead


class WrittenMailActivities:
    """Sending what somebody wrote."""

    def __init__(self, resources: Resources) -> None:
        self.resources = resources

    @activity.defn(no_thread_cancel_exception=True)
    def send_written_mail(self, request: SendWrittenMail) -> None:
        """Send the mail in the name of whoever owns the lead, once per number. Who has said no
        since it was written does not get it; nor does anybody who was erased.
        """
        settings = self.resources.settings
        with self.resources.engine.begin() as connection:
            letter = letter_of(connection, request.mail_id)
            lead = mail_lead(connection, request.lead_id)
            if letter is None or lead is None:
                return
            owner = card_of(lead.owner)
            chosen = choose_sender(connection, settings, OWNER, owner, SALES_TOPIC)
            fields = merge_fields(connection, settings, lead, None, lead.language)
            sender = still_sending(settings, kept_sender(connection, request.key, chosen))
        deliver_at_last(
            self.resources,
            Email(
                key=request.key,
                lead_id=lead.id,
                recipient=lead.email,
                recipient_name=greeted_as(lead),
                step=WRITTEN_MAIL_STEP,
                template_version_id=letter.template_version_id,
                template=letter.compiled,
                fields=fields,
                sender=sender,
                topic=SALES_TOPIC,
            ),
            self.resources.now(),
        )
