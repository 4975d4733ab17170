"""A mail that somebody writes to a lead: in free words, or a template of marketing's whose subject
and words they change before it goes."""

from __future__ import annotations

import uuid

from markupsafe import Markup, escape
from nicegui import ui

import services.written_mails
from domain.email.letter import LONGEST_LETTER, LONGEST_SUBJECT
from domain.refusals import Invalid, Refusal
from domain.sentences import sentence
from services.written_mails import MailDraft, PreviewedMail
from store.lead_work.written_mails import mails_to_choose
from store.views.lead_page import LeadView
from web.console.forms import FormDialog
from web.console.frame import say_done
from web.console.parts import button, quiet, show
from web.console.refusals import told
from web.console.visit import PageVisit
from web.console.words import _


async def write_mail(visit: PageVisit, lead: LeadView) -> bool:
    """Ask for one mail to a lead; whether it goes out."""
    known = await visit.read(mails_to_choose, lead.language)
    with FormDialog(_("Write to {name}", name=lead.name), wide=True) as form:
        letter = _Letter(visit, lead.id, form, known)
    if not await form.sent(_("Send"), letter.send):
        return False
    say_done(_("The mail goes out."))
    return True


class _Letter:
    """Its fields, and below them the whole mail as it would arrive. What was typed for one template
    is there again when that one is chosen again."""

    def __init__(
        self, visit: PageVisit, lead_id: int, form: FormDialog, known: dict[str, str]
    ) -> None:
        self._visit, self._lead_id = visit, lead_id
        self._request = str(uuid.uuid4())
        self._chosen = ""
        self._published: dict[str, tuple[str, str]] = {}
        self._typed: dict[str, tuple[str, str]] = {}
        with ui.element("div").classes("stack"):
            chosen = {"": _("In my own words")} | known
            self._template = form.field(
                "template",
                ui.select(chosen, label=_("Mail"), value="", with_input=len(known) > 10),
            )
            self._subject = form.field("subject", ui.input(_("Subject")))
            self._subject.props(f"stack-label maxlength={LONGEST_SUBJECT}")
            self._text = form.field("text", ui.textarea(_("Text")))
            self._text.props(f"autogrow stack-label maxlength={LONGEST_LETTER}")
            self._text.props("input-style='min-height: 10rem'")
            stays = show(quiet(_("Buttons, signature and footer stay as they are.")), "p")
            stays.bind_visibility_from(self._template, "value", backward=bool)
            show(quiet(_("It goes out in the name of the lead's owner. Links are tracked.")), "p")
            with ui.element("div").classes("acts"):
                button(_("Show as it would arrive"), self._preview)
            self._whole = ui.element("div").props('role="status"')
        self._template.on_value_change(self._choose)

    async def _choose(self) -> None:
        name = self._template.value or ""
        if name == self._chosen:
            return
        if name and name not in self._published:
            try:
                mail = await self._look(MailDraft(template=name))
            except Refusal as refusal:
                self._template.set_value(self._chosen)
                self._template.error = told(str(refusal))
                return
            self._published[name] = (mail.mail.subject, mail.words)
        self._template.error = None
        self._typed[self._chosen] = (self._subject.value or "", self._text.value or "")
        self._chosen = name
        was = self._published.get(name, ("", ""))
        subject, text = self._typed.get(name, was)
        self._subject.set_value(subject)
        self._text.set_value(text)
        # A mail that is made of blocks alone has no words that could be others.
        self._text.set_visibility(not name or bool(was[1]))
        self._whole.clear()

    def _draft(self) -> MailDraft:
        """What was typed; of a template what is another than its own."""
        subject, text = (self._subject.value or "").strip(), (self._text.value or "").strip()
        if not self._chosen:
            return MailDraft(subject, text, request=self._request)
        was_subject, was_text = self._published[self._chosen]
        if not subject:
            raise Invalid(sentence("A mail needs a subject."), "subject")
        if was_text and not text:
            raise Invalid(sentence("Write what the mail is to say."), "text")
        return MailDraft(
            "" if subject == was_subject else subject,
            "" if text == was_text else text,
            self._chosen,
            self._request,
        )

    async def _look(self, draft: MailDraft) -> PreviewedMail:
        visit = self._visit
        look = services.written_mails.preview
        return await visit.read(look, visit.context, visit.caller, self._lead_id, draft)

    async def _preview(self) -> None:
        self._whole.clear()
        try:
            mail = (await self._look(self._draft())).mail
        except Refusal as refusal:
            with self._whole:
                show(escape(told(str(refusal))), "p").classes("wrong")
            return
        whole = Markup('<h3>{}</h3><pre class="as-sent">{}</pre>').format(mail.subject, mail.text)
        with self._whole:
            show(whole)

    async def send(self) -> bool:
        """Have it sent; what is wrong is raised for the dialog to tell."""
        await self._visit.act(services.written_mails.send, self._lead_id, self._draft())
        return True
