"""A mail is chosen by its subject, and looked at."""

from __future__ import annotations

import re
from collections.abc import Sequence

from markupsafe import Markup
from nicegui import ui

from domain.cadences.cadence import FALLBACK_LANGUAGE
from domain.cadences.cadence_form import MailStepForm
from domain.contracts.confirmation import CONFIRMATION_MAIL
from domain.email.checked import is_about_a_meeting
from domain.email.rendering import RenderError
from domain.refusals import TemplateMissing
from mail.sample_mails import preview
from store.published.cadences import latest_template
from store.published.mail_choices import MailChoice
from web.console.marketing.mail_preview import PHONE, framed
from web.console.parts import badge, link, quiet, show
from web.console.visit import PageVisit
from web.console.words import _

_MERGE_FIELD = re.compile(r"\{\{.*?\}\}|\{%.*?%\}", re.DOTALL)


class MailPicker:
    """The mail of a step as it is chosen.

    Args:
        step: takes what is chosen.
        mails: all there are; those that no cadence may send are not offered.
        spoken: languages that each mail of the cadence has to have.
    """

    def __init__(
        self,
        visit: PageVisit,
        step: MailStepForm,
        mails: Sequence[MailChoice],
        spoken: frozenset[str],
    ) -> None:
        self._visit, self._step, self._spoken = visit, step, spoken
        self._mails = {one.name: one for one in mails if may_be_sent(one.name)}
        offered = {name: self._offered(one) for name, one in self._mails.items()}
        if step.mail:
            offered.setdefault(step.mail, step.mail)
        self.field = ui.select(
            offered, label=_("Which mail"), value=step.mail or None, with_input=True
        )
        self.field.props("outlined dense options-dense")
        self.field.on_value_change(self._chosen)
        self._about = ui.element("div").classes("mail-choice")

    async def show(self) -> None:
        """Show the mail that is chosen, as a lead without a name would get it."""
        name = self._step.mail
        self._about.clear()
        if name not in self._mails:
            return
        try:
            found = await self._visit.read(latest_template, name, self._visit.language)
            mail = await self._visit.read(
                preview,
                self._visit.context.settings,
                found.compiled,
                name=name,
                language=found.language,
                lead_id=None,
                now=self._visit.context.clock.now(),
            )
        except (RenderError, TemplateMissing) as error:
            with self._about:
                show(Markup('<p class="wrong">{}</p>').format(error))
            return
        if name != self._step.mail:
            return
        self._about.clear()
        with self._about:
            show(self._described(name, mail.subject), "p")
            show(
                Markup('<div class="thumbnail">{}</div>').format(
                    framed(
                        mail.html,
                        PHONE,
                        _("The mail on a phone"),
                        self._visit.context.settings.web_url(),
                    )
                )
            )

    async def _chosen(self) -> None:
        self._step.mail = str(self.field.value or "")
        await self.show()

    def _offered(self, one: MailChoice) -> str:
        subject = one.subjects.get(self._visit.language) or one.subjects.get(FALLBACK_LANGUAGE, "")
        return f"{one.name} · {subject_words(subject)}"

    def _described(self, name: str, subject: str) -> Markup:
        languages = self._mails[name].subjects
        spoken = Markup(" ").join(badge(one) for one in sorted(languages))
        missing = sorted(self._spoken - languages.keys())
        lacks = ""
        if missing:
            said = _(
                "Missing in {languages}, which other mails have.", languages=", ".join(missing)
            )
            lacks = Markup(' <span class="over">{}</span>').format(said)
        address = link(_("Open the mail"), f"/templates/{name}")
        return Markup("<b>{}</b> {}{} {}").format(subject, spoken, lacks, quiet(address))


def may_be_sent(mail: str) -> bool:
    """Whether a cadence may send the mail of this name."""
    return not is_about_a_meeting(mail) and mail != CONFIRMATION_MAIL


def subject_words(subject: str) -> str:
    """A subject to choose by: merge fields are left open."""
    return " ".join(_MERGE_FIELD.sub("…", subject).split())
