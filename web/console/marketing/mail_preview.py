"""A mail as a lead would get it: on a desk, on a phone, as plain text; and sent as a test."""

from __future__ import annotations

from functools import partial

from markupsafe import Markup, escape
from nicegui import ui

import services.test_mails
from domain.access import Action
from domain.brand.policy import IMAGES
from domain.email.rendering import CompiledTemplate, RenderedEmail, RenderError
from mail.sample_mails import preview
from services.access import may_see
from store.views.lead_search import FoundLead, LeadFilter
from web.console.frame import say_done
from web.console.leads.search_box import LeadSearch, first_found
from web.console.parts import button, facts, link, section, show
from web.console.visit import PageVisit
from web.console.words import N_, _

DESK, PHONE = 720, 390
"""Widths in CSS pixels."""
_HEAD = Markup(
    '<base target="_blank"><meta http-equiv="Content-Security-Policy" content="default-src '
    "'none'; style-src 'unsafe-inline'; img-src data: https: http:\">"
)
"""Links of the mail would open a window, which its frame may not; it runs no script."""


VIEWS = {
    "phone": N_("Phone"),
    "desktop": N_("Desktop"),
    "dark": N_("Dark"),
    "text": N_("Plain text"),
}
_DARK = Markup(
    "<style>html { background: #fff; filter: invert(1) hue-rotate(180deg); } "
    "img { filter: invert(1) hue-rotate(180deg); }</style>"
)
"""As mail programs turn the colours of a mail round that has none of its own for the dark."""


class MailPreview:
    """A template shown for one lead.

    Args:
        name: of the template.
        language: that it is written in.
        cadence: the first lead shown is in it; any lead if left out.
        narrow: whether it stands beside something, and shows one of :data:`VIEWS` at a time.
    """

    place: ui.element
    chosen: ui.element

    def __init__(
        self,
        visit: PageVisit,
        name: str,
        language: str,
        cadence: str = "",
        *,
        narrow: bool = False,
    ) -> None:
        self._narrow, self._view = narrow, "phone"
        self._mail: RenderedEmail | None = None
        self.visit, self.name, self.language, self.cadence = visit, name, language, cadence
        self.lead: FoundLead | None = None
        self.lead_id: int | None = None
        self.text: str | None = None
        self._template: CompiledTemplate | None = None

    async def build(self, lead_id: int | None = None) -> None:
        """The search for a lead, the place of the mail, and the test.

        Raises:
            Refusal: 404, the visitor sees no lead ``lead_id``.
        """
        if lead_id is not None:
            await self.visit.read(may_see, self.visit.caller, lead_id)
            self.lead_id = lead_id
        else:
            found = await first_found(self.visit, LeadFilter(cadence=(self.cadence,)))
            found = found or await first_found(self.visit, LeadFilter())
            self.lead = found[0] if found else None
            self.lead_id = self.lead.id if self.lead else None
        with section(_("As a lead would get it")):
            with ui.element("div").classes("filters"):
                search = LeadSearch(self.visit, _("Show it for another lead"), self._choose)
                search.box.classes("wide")
                if self.visit.may(Action.PUBLISH):
                    self._test()
            search.show_results()
            self.chosen = ui.element("p")
            if self._narrow:
                self._views()
            self.place = ui.element("div")

    async def show(self, template: CompiledTemplate, text: str | None = None) -> None:
        """Show a template; ``text`` is its source where that is not what is published."""
        self._template, self.text = template, text
        await self._draw()

    async def _choose(self, lead: FoundLead) -> None:
        self.lead, self.lead_id = lead, lead.id
        await self._draw()

    async def _draw(self) -> None:
        if self._template is None:
            return
        self._say_for_whom()
        try:
            mail = await self.visit.read(
                preview,
                self.visit.context.settings,
                self._template,
                name=self.name,
                language=self.language,
                lead_id=self.lead_id,
                now=self.visit.context.clock.now(),
            )
        except RenderError as error:
            self.place.clear()
            with self.place:
                show(Markup('<p class="wrong">{}</p>').format(error))
            return
        self._mail = mail
        self._draw_mail()

    def _draw_mail(self) -> None:
        if self._mail is None:
            return
        self.place.clear()
        with self.place:
            show(self._one_view(self._mail) if self._narrow else self._shown(self._mail))

    def _views(self) -> None:
        buttons: dict[str, ui.button] = {}

        def choose(view: str) -> None:
            self._view = view
            for one, pressed in buttons.items():
                pressed.props["aria-pressed"] = str(one == view).lower()
                pressed.update()
            self._draw_mail()

        with ui.element("div").classes("acts views").props('role="group"') as group:
            group.props["aria-label"] = _("Shown as")
            for view, label in VIEWS.items():
                buttons[view] = button(_(label), partial(choose, view))
                buttons[view].props["aria-pressed"] = str(view == self._view).lower()

    def _say_for_whom(self) -> None:
        self.chosen.clear()
        with self.chosen:
            if self.lead_id is None:
                show(escape(_("There is no lead yet: this one is invented.")), "span")
                return
            name = self.lead.name if self.lead else _("lead {number}", number=self.lead_id)
            show(
                Markup("{} {}").format(_("Written to"), link(name, f"/leads/{self.lead_id}")),
                "span",
            ).classes("inline")

    def _test(self) -> None:
        address = ui.input(_("Send a test to"), value=self.visit.who.email)
        address.props('outlined dense type="email"').classes("wide")

        async def send() -> None:
            to = (address.value or "").strip()
            subject = await self.visit.act(
                services.test_mails.send,
                self.name,
                address=to,
                language=self.language,
                lead_id=self.lead_id,
                text=self.text,
            )
            say_done(_("Sent to {address}: {subject}", address=to, subject=subject))

        button(_("Send test"), send)

    def _shown(self, mail: RenderedEmail) -> Markup:
        return Markup(
            '{}<div class="devices"><figure><figcaption>{}</figcaption>{}</figure>'
            "<figure><figcaption>{}</figcaption>{}</figure>"
            '<figure class="plain"><figcaption>{}</figcaption>'
            '<pre class="mail-text" tabindex="0">{}</pre></figure></div>'
        ).format(
            facts({_("Subject"): mail.subject}),
            _("Desktop"),
            self._framed(mail.html, DESK, _("The mail on a desktop")),
            _("Phone"),
            self._framed(mail.html, PHONE, _("The mail on a phone")),
            _("Plain text"),
            mail.text,
        )

    def _one_view(self, mail: RenderedEmail) -> Markup:
        view = self._view
        if view == "text":
            seen = Markup('<pre class="mail-text" tabindex="0">{}</pre>').format(mail.text)
        else:
            title = {
                "phone": _("The mail on a phone"),
                "desktop": _("The mail on a desktop"),
                "dark": _("The mail on a phone in the dark"),
            }[view]
            html = (
                mail.html.replace("</head>", f"{_DARK}</head>", 1) if view == "dark" else mail.html
            )
            seen = self._framed(html, DESK if view == "desktop" else PHONE, title)
        return Markup('{}<div class="devices">{}</div>').format(
            facts({_("Subject"): mail.subject}), seen
        )

    def _framed(self, html: str, width: int, title: str) -> Markup:
        return framed(html, width, title, self.visit.context.settings.web_url())


def framed(html: str, width: int, title: str, base: str) -> Markup:
    """The mail in a frame that runs no script and follows no link.

    Args:
        base: the web app's public address. Images that were uploaded here are fetched from where
            the console is: its pages may load those, whatever the public address is.
    """
    inside = html.replace("<head>", f"<head>{_HEAD}", 1)
    inside = inside.replace(f'src="{base}{IMAGES}/', f'src="{IMAGES}/')
    return Markup(
        '<iframe sandbox srcdoc="{}" width="{}" height="640" title="{}"></iframe>'
    ).format(inside, width, title)
