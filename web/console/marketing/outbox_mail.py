"""``/console/outbox/{mail_id}``: one mail, as its recipient sees it, as text, and as it is sent."""

from __future__ import annotations

from markupsafe import Markup
from nicegui import ui

import services.outbox
from domain.access import Action
from web.api import mails as mails_api
from web.api.mails import REPLY_LIMIT, MailDetail, MailLink
from web.console.frame import name_page
from web.console.pages import console_page
from web.console.parts import button, facts, link, quiet, section, show
from web.console.times import exact
from web.console.visit import PageVisit
from web.console.words import N_, _

VIEWS = {
    "desktop": N_("On a desktop"),
    "phone": N_("On a phone"),
    "text": N_("Plain text"),
    "source": N_("Message source"),
}
NOT_TRACKED = N_("Not tracked")
KINDS = {
    "click": N_("Click"),
    "unsubscribe": N_("Unsubscribe"),
    "preferences": N_("Choose topics"),
    "booking": N_("Book a meeting"),
    "opened": N_("Counts as an open"),
    "": NOT_TRACKED,
}
"""What following a link does."""


@console_page("/outbox/{mail_id}", Action.READ_MAILS, N_("Mail"))
async def outbox_mail(visit: PageVisit, mail_id: int, view: str = "desktop") -> None:
    """The mail in the view that the address names."""
    mail = await visit.ask(mails_api.show, mail_id)
    view = view if view in VIEWS else "desktop"
    name_page(visit, mail.subject or _("(no subject)"))
    with visit.top:
        show(link(_("All mails"), "/outbox"), "span")
    with ui.element("div").classes("columns"):
        with ui.element("div"), section(mail.subject or _("(no subject)")):
            show(_head(mail))
            show(_tabs(mail, view))
            show(_seen(mail, view))
        with ui.element("div"):
            _lead(mail)
            _reply(visit, mail)
            _links(mail)
            if mail.attachments:
                with section(_("Attachments")):
                    for one in mail.attachments:
                        show(
                            Markup(
                                '<details><summary>{}</summary><pre class="mail-text">{}</pre>'
                                "</details>"
                            ).format(one.name, one.text)
                        )


def _head(mail: MailDetail) -> Markup:
    headers = {header.name: header.value for header in mail.headers}
    return facts(
        (
            (_("Sender"), headers.get("From", "")),
            (_("Recipient"), headers.get("To", "")),
            (_("Sent"), exact(mail.sent_at)),
        )
    )


def _tabs(mail: MailDetail, view: str) -> Markup:
    tabs = Markup().join(
        Markup('<a href="/console/outbox/{}?view={}"{}>{}</a>').format(
            mail.id, name, Markup(' aria-current="page"') if name == view else "", _(label)
        )
        for name, label in VIEWS.items()
    )
    return Markup('<nav class="tabs" aria-label="{}">{}</nav>').format(_("Views"), tabs)


def _seen(mail: MailDetail, view: str) -> Markup:
    if view in ("desktop", "phone"):
        return Markup(
            '<iframe class="mail-frame {}" src="/api/mails/{}/html" title="{}" '
            'sandbox="allow-popups allow-popups-to-escape-sandbox"></iframe>'
        ).format(view, mail.id, _("The mail as its recipient sees it"))
    if view == "text":
        return Markup('<pre class="mail-text">{}</pre>').format(mail.text)
    return Markup(
        '<p><a href="/api/mails/{}/source">{}</a></p><pre class="mail-text">{}</pre>'
    ).format(mail.id, _("Download as .eml"), mail.source)


def _lead(mail: MailDetail) -> None:
    with section(_("Lead")):
        to = quiet(_("This mail belongs to no lead."))
        if mail.lead_id is not None:
            to = link(_("Open the lead"), f"/leads/{mail.lead_id}")
        show(to, "p")
        code = Markup("<code>{}</code>").format(mail.touch_key)
        show(Markup("<p>{} {}</p>").format(quiet(_("Touch")), code))


def _reply(visit: PageVisit, mail: MailDetail) -> None:
    if mail.lead_id is None or visit.context.settings.email_channel != "outbox":
        return

    async def send() -> None:
        await visit.act(services.outbox.reply, mail.id, words.value or "")
        ui.navigate.to(f"/outbox/{mail.id}")

    with section(_("Reply as the recipient")):
        if mail.replied_at is not None:
            show(Markup("{}").format(_("Replied on {time}.", time=exact(mail.replied_at))), "p")
            return
        words = ui.textarea(_("Text, if you like")).props(f"outlined dense maxlength={REPLY_LIMIT}")
        words.classes("note")
        button(_("Reply"), send)


def _links(mail: MailDetail) -> None:
    with section(_("Links")):
        if not mail.links:
            show(quiet(_("This mail holds no links.")), "p")
            return
        show(
            Markup('<ul class="mail-links">{}</ul>').format(
                Markup().join(Markup("<li>{}</li>").format(_one(one)) for one in mail.links)
            )
        )
        show(
            quiet(
                _(
                    "Tracked links count as the recipient's when they are followed. Reading the "
                    "mail here does not count as an open."
                )
            ),
            "p",
        )


def _one(one: MailLink) -> Markup:
    leads_to = one.leads_to or ("" if one.kind else one.url)
    if not one.url.startswith(("https://", "http://")):
        return Markup("{} {}").format(_(NOT_TRACKED), quiet(one.url))
    return Markup("{} {}").format(link(_(KINDS[one.kind]), one.url), quiet(leads_to))
