"""The mail that asks an address to confirm itself."""

from __future__ import annotations

from temporalio import activity

from activities.email import Email, deliver_at_last
from activities.resources import Resources
from domain.contracts.confirmation import CONFIRMATION_MAIL, AskToConfirm
from mail.merge import company_fields
from mail.senders import still_sending
from store.consent.confirmations import lead_to_ask
from store.published import cadences
from store.published.brand import brand_policy

_NOBODY = dict.fromkeys(("first_name", "last_name", "title", "company", "country", "language"), "")


class ConfirmationActivities:
    """Asking those whom only a browser brought."""

    def __init__(self, resources: Resources) -> None:
        self.resources = resources

    @activity.defn(no_thread_cancel_exception=True)
    def ask_to_confirm(self, request: AskToConfirm) -> None:
        """Send the mail, once per number. Nothing that was typed into a form stands in it, whatever
        the template says: anybody can have it sent to anybody.

        Who has confirmed or wants no mail is asked no more.

        Raises:
            TemplateMissing: it was never published; retried, so that
                publishing it has the mail sent.
        """
        with self.resources.engine.begin() as connection:
            lead = lead_to_ask(connection, request.lead_id)
            if lead is None:
                return
            template = cadences.latest_template(connection, CONFIRMATION_MAIL, lead.language)
            settings, brand = self.resources.settings, brand_policy(connection)
            fields = company_fields(brand, settings, template.language)
        deliver_at_last(
            self.resources,
            Email(
                key=request.key,
                lead_id=request.lead_id,
                recipient=lead.email,
                recipient_name="",
                step=CONFIRMATION_MAIL,
                template_version_id=template.id,
                template=template.compiled,
                fields=fields | {"lead": _NOBODY | {"attributes": {}}},
                sender=still_sending(settings, brand.sender_of("")),
                topic="",
            ),
            self.resources.now(),
        )
