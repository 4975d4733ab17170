"""A mail of the company's beside the form that says how its mails look."""

from __future__ import annotations

from collections.abc import Iterable

from markupsafe import Markup
from nicegui import ui
from sqlalchemy import Connection

from domain.brand.policy import ENGLISH, BrandPolicy
from domain.email.rendering import RenderError
from mail.sample_mails import preview
from store.published.cadences import latest_template
from store.published.published_texts import TemplateLine
from web.console import labels
from web.console.marketing.mail_preview import framed
from web.console.parts import choice, quiet, section, show
from web.console.visit import PageVisit
from web.console.words import _

WIDTH = 480
"""CSS pixels."""


class BrandPreview:
    """One of the mails, in one of the languages."""

    def __init__(self, visit: PageVisit, mails: list[TemplateLine]) -> None:
        self.visit = visit
        self._mails = {one.name: one.languages for one in mails}
        # What marketing sends shows most: a button, and a footer with a way out.
        self._mail = next((one.name for one in mails if one.cadences), "")
        self._mail = self._mail or next(iter(self._mails), "")
        self._language = visit.language
        self._policy: BrandPolicy | None = None

    def build(self) -> None:
        """The mail's place, and what is chosen of it."""
        with section(_("How a mail looks")).classes("beside"):
            if not self._mails:
                show(quiet(_("No mail is published yet, so there is none to look at.")), "p")
            with ui.element("div").classes("filters"):
                if self._mails:
                    offered = {one: one for one in self._mails}
                    choice(_("Mail"), offered, self._mail, self._choose_mail)
                self._languages = ui.element("div")
            self._place = ui.element("div").props('aria-live="polite"')

    def speak(self, languages: Iterable[str]) -> None:
        """Offer these languages."""
        offered = {one: labels.spoken(one) for one in languages}
        if self._language not in offered:
            self._language = next(iter(offered))
        self._languages.clear()
        with self._languages:
            choice(_("Language"), offered, self._language, self._choose_language)

    async def show(self, policy: BrandPolicy) -> None:
        """Draw the mail as this policy would have it."""
        self._policy = policy
        if not self._mail:
            return
        settings = self.visit.context.settings
        try:
            written, html = await self.visit.read(self._rendered, policy)
        except RenderError as error:
            self._put(Markup('<p class="wrong">{}</p>').format(error))
            return
        said = Markup()
        if written != self._language:
            said = Markup("<p>{}</p>").format(
                _("This mail is not written in that language: only its footer is.")
            )
        shown = framed(html, WIDTH, _("How a mail looks"), settings.web_url())
        self._put(said + Markup('<div class="devices">{}</div>').format(shown))

    def _put(self, markup: Markup) -> None:
        self._place.clear()
        with self._place:
            show(markup)

    def _rendered(self, connection: Connection, policy: BrandPolicy) -> tuple[str, str]:
        """The language that the mail is written in, and its HTML."""
        written = self._mails[self._mail]
        chosen = next((one for one in (self._language, ENGLISH) if one in written), written[0])
        template = latest_template(connection, self._mail, chosen)
        mail = preview(
            connection,
            self.visit.context.settings,
            template.compiled,
            name=self._mail,
            language=self._language,
            lead_id=None,
            now=self.visit.context.clock.now(),
            looks=policy,
        )
        return template.language, mail.html

    async def _choose_mail(self, name: str) -> None:
        self._mail = name
        await self._again()

    async def _choose_language(self, language: str) -> None:
        self._language = language
        await self._again()

    async def _again(self) -> None:
        if self._policy is not None:
            await self.show(self._policy)
