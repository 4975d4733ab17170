"""The mail that goes out after a call: read, put in other words, or skipped before it goes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from markupsafe import Markup, escape
from nicegui import ui

from domain.refusals import Invalid
from domain.tasks.completion import LONGEST_MAIL, MailDecision
from mail.follow_up import FollowUpMail
from services.follow_up_mails import found_mail
from web.console import labels
from web.console.parts import button, facts, show
from web.console.refusals import told
from web.console.visit import PageVisit
from web.console.words import _

Snippets = Sequence[tuple[str, str]]
"""Names and texts of what can be put into the mail."""


class MailAfterCall:
    """The part of a chosen disposition that says what becomes of its mail.

    ``decided`` is what was decided before, ``decide`` gets what is decided now: None for the mail
    as the template has it.
    """

    def __init__(
        self,
        visit: PageVisit,
        task_id: int,
        disposition: str,
        *,
        decided: MailDecision | None,
        decide: Callable[[MailDecision | None], None],
        snippets: Snippets = (),
    ) -> None:
        self.visit, self.task_id, self.disposition = visit, task_id, disposition
        self._decide, self._snippets = decide, snippets
        self._decided = decided
        skipped = bool(decided and decided.skip)
        with ui.element("div").classes("mail-after").props('role="group"'):
            show(escape(self._said()), "p")
            with ui.element("div").classes("acts"):
                if not skipped:
                    button(_("Read or change the mail"), self._open, key="e")
                button(
                    _("Send it after all") if skipped else _("Skip the mail"),
                    lambda: decide(None if skipped else MailDecision(skip=True)),
                    key="s",
                )

    def _said(self) -> str:
        if self._decided is None:
            return _("A mail about the call goes out now, if consent allows.")
        if self._decided.skip:
            return _("No mail goes out.")
        return _("The mail goes out in your words.")

    async def _open(self) -> None:
        mail = await self._look(self._decided)
        if mail is None:
            return
        with ui.dialog() as dialog, ui.card().classes("ask mail-dialog"):
            dialog.props["aria-label"] = _("The mail after this call")
            _MailDialog(self, mail, dialog)
        decided = await dialog
        dialog.delete()
        if isinstance(decided, MailDecision):
            self._decide(None if decided == MailDecision() else decided)

    async def _look(self, decided: MailDecision | None) -> FollowUpMail | None:
        settings = self.visit.context.settings
        return await self.visit.read(found_mail, settings, self.task_id, self.disposition, decided)


class _MailDialog:
    """Subject and words, and below them the whole mail as it would arrive."""

    def __init__(self, part: MailAfterCall, mail: FollowUpMail, dialog: ui.dialog) -> None:
        self._part, self._mail, self._dialog = part, mail, dialog
        before = part._decided or MailDecision()
        show(escape(_("The mail after this call")), "h2")
        show(facts([(_("From"), mail.sender), (_("To"), mail.recipient)]))
        if mail.stopped:
            why = (
                _("no address")
                if mail.stopped == "no_address"
                else labels.suppression(mail.stopped)
            )
            show(escape(_("It will not go out: {why}.", why=why)), "p").classes("wrong")
        self._subject = ui.input(_("Subject"), value=before.subject or mail.subject)
        self._subject.props("outlined dense stack-label maxlength=200")
        self._text = ui.textarea(_("Text"), value=before.text or mail.words)
        self._text.props(f"outlined autogrow stack-label maxlength={LONGEST_MAIL}")
        if part._snippets:
            with (
                ui.element("div")
                .classes("acts snippets")
                .props(f'role="group" aria-label="{_("Snippets")}"')
            ):
                for name, text in part._snippets:
                    button(name, partial(self._add, text))
        self._wrong = show(Markup(), "p").classes("wrong").props('role="alert"')
        show(escape(_("Buttons, signature and footer stay as they are.")), "p").classes("quiet")
        with ui.element("details"):
            show(escape(_("The whole mail")), "summary")
            self._whole = show(Markup("<pre>{}</pre>").format(mail.text))
        with ui.element("div").classes("acts"):
            button(_("Cancel"), lambda: dialog.submit(None), key="Escape")
            button(_("Show as it would arrive"), self._preview)
            button(_("Use these words"), self._use, main=True)

    def _add(self, text: str) -> None:
        self._text.set_value(f"{(self._text.value or '').rstrip()}\n\n{text}".lstrip())

    def _typed(self) -> MailDecision:
        """What is another than the template's."""
        subject, text = (self._subject.value or "").strip(), (self._text.value or "").strip()
        own = self._part._decided or MailDecision()
        was_subject = "" if own.subject else self._mail.subject
        return MailDecision(
            subject="" if subject == was_subject else subject,
            text="" if text == self._mail.words else text,
        )

    async def _checked(self) -> FollowUpMail | None:
        """The mail in these words; None, with what is wrong at the field, when it can't be."""
        self._wrong.set_content("")
        if self._mail.words and not (self._text.value or "").strip():
            self._wrong.set_content(escape(_("Write what the mail is to say.")))
            return None
        try:
            return await self._part._look(self._typed())
        except Invalid as problem:
            self._wrong.set_content(escape(told(str(problem))))
            return None

    async def _preview(self) -> None:
        if mail := await self._checked():
            subject = Markup("<b>{}</b>").format(mail.subject)
            self._whole.set_content(Markup("<p>{}</p><pre>{}</pre>").format(subject, mail.text))
            ui.run_javascript(f"getHtmlElement({self._whole.id}).closest('details').open = true")

    async def _use(self) -> None:
        if await self._checked():
            self._dialog.submit(self._typed())
