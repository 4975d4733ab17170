"""What the lead of a meeting is written: a word beside the template's, or a mail of one's own."""

from __future__ import annotations

from collections.abc import Callable

from markupsafe import Markup, escape
from nicegui import ui

from domain.email.letter import LONGEST_LETTER, LONGEST_SUBJECT
from domain.refusals import Refusal
from mail.meeting_mails import STARTS_AT, VIDEO_CALL, MeetingMail
from services.meeting_mails import MeetingChange
from services.meetings import LONGEST_WORDS
from store.meetings.meeting_rows import MeetingWords
from web.api import meetings as meetings_api
from web.console.parts import button, facts, show
from web.console.refusals import told
from web.console.visit import PageVisit
from web.console.words import _


def tell(place: ui.element, wrong: str) -> None:
    """Say in a dialog what is wrong, in place of what was wrong before."""
    place.clear()
    with place:
        show(escape(wrong), "p").classes("wrong")


class WordsToLead:
    """The part of a dialog, in the place where it is made.

    Args:
        change: what would be done now; None while that is not decided.
    """

    def __init__(self, visit: PageVisit, change: Callable[[], MeetingChange | None]) -> None:
        self.visit, self._change = visit, change
        self._own = MeetingWords()
        self._note = ui.textarea(_("A word to the lead (optional)"))
        self._note.props(f"outlined dense autogrow maxlength={LONGEST_WORDS}")
        self._note.classes("day")
        with ui.element("div").classes("mail-after") as self._changed:
            show(escape(_("The mail goes out in your words.")), "p")
        with ui.element("div").classes("acts"):
            button(_("Read or change the mail"), self._open)
            self._back = button(_("Take the template's words again"), self._take_back)
        self.wrong = ui.element("div").props('role="alert"')
        """Where the dialog says what is wrong."""
        self._show()

    def written(self) -> MeetingWords:
        """What was chosen. Own words leave no place for a word beside them."""
        if self._own.text:
            return self._own
        return MeetingWords(self._note.value or "", self._own.subject)

    def _show(self) -> None:
        is_own = self._own != MeetingWords()
        self._changed.set_visibility(is_own)
        self._back.set_visibility(is_own)
        self._note.set_visibility(not self._own.text)

    def _take_back(self) -> None:
        self._own = MeetingWords()
        self._show()

    async def _open(self) -> None:
        self.wrong.clear()
        change = self._change()
        if change is None:
            tell(self.wrong, _("Say when the meeting begins, and how long it takes."))
            return
        try:
            mail = await self.visit.ask(
                meetings_api.preview_mail,
                lead=change.lead_id,
                meeting=change.meeting_id,
                starts_at=change.starts_at,
                minutes=change.minutes,
            )
        except Refusal as refusal:
            tell(self.wrong, told(str(refusal)))
            return
        with ui.dialog() as dialog, ui.card().classes("ask mail-dialog"):
            dialog.props["aria-label"] = _("The mail to the lead")
            _MeetingMailDialog(mail, self._own, dialog)
        own = await dialog
        dialog.delete()
        if isinstance(own, MeetingWords):
            self._own = own
            self._show()


class _MeetingMailDialog:
    """Subject and words, and below them the whole mail of the template."""

    def __init__(self, mail: MeetingMail, own: MeetingWords, dialog: ui.dialog) -> None:
        self._mail, self._dialog = mail, dialog
        show(escape(_("The mail to the lead")), "h2")
        show(facts([(_("From"), mail.sender), (_("To"), mail.recipient)]))
        self._subject = ui.input(_("Subject"), value=self._shown(own.subject) or mail.subject)
        self._subject.props(f"outlined dense stack-label maxlength={LONGEST_SUBJECT}")
        self._text = ui.textarea(_("Text"), value=self._shown(own.text) or mail.words)
        self._text.props(f"outlined autogrow stack-label maxlength={LONGEST_LETTER}")
        self._wrong = ui.element("div").props('role="alert"')
        said = [_("Buttons, signature and footer stay as they are.")]
        if VIDEO_CALL in mail.words:
            said.append(_("{field} stands for the address of the video call.", field=VIDEO_CALL))
        show(escape(" ".join(said)), "p").classes("quiet")
        with ui.element("details"):
            show(escape(_("The whole mail")), "summary")
            show(Markup("<pre>{}</pre>").format(mail.text))
        with ui.element("div").classes("acts"):
            button(_("Cancel"), lambda: dialog.submit(None), key="Escape")
            button(_("Use these words"), self._use, main=True)

    def _use(self) -> None:
        subject, text = (self._subject.value or "").strip(), (self._text.value or "").strip()
        if not text:
            tell(self._wrong, _("Write what the mail is to say."))
            return
        self._dialog.submit(
            MeetingWords(
                subject="" if subject == self._mail.subject else self._kept(subject),
                text="" if text == self._mail.words else self._kept(text),
            )
        )

    def _kept(self, words: str) -> str:
        """The time stays right when another one is chosen after the mail was changed."""
        return words.replace(self._mail.starts_at, STARTS_AT)

    def _shown(self, words: str) -> str:
        return words.replace(STARTS_AT, self._mail.starts_at)
