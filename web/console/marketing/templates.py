"""``/console/templates/{name}``: a mail as leads get it, and as a text to change."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial
from typing import Annotated

from fastapi import Query
from fastapi.concurrency import run_in_threadpool
from markupsafe import Markup
from nicegui import ui

from domain.access import Action
from domain.email.checked import is_about_a_meeting, template_of
from domain.email.template_language import in_language
from domain.inputs import Day
from domain.refusals import CadenceMissing, Missing
from services.template_parts import TEMPLATES, template_parts
from store.published.cadences import cadence_named, latest_template
from store.published.published_texts import TemplateLine, list_templates, published_texts
from store.publishing.publishing import Checked, wanted_languages
from web.console.frame import name_page
from web.console.marketing.block_fields import Surroundings
from web.console.marketing.difference import difference
from web.console.marketing.editor import Editor
from web.console.marketing.image_picker import pick_image
from web.console.marketing.mail_form import MailForm
from web.console.marketing.mail_preview import MailPreview
from web.console.marketing.publishing import publication
from web.console.marketing.results import MailResultsPart, days_asked
from web.console.pages import console_page
from web.console.parts import badge, facts, go, link, quiet, section, show, table
from web.console.visit import PageVisit
from web.console.words import N_, _

START = """\
---
subject: What it is about, for {{ lead.company|fallback("your team") }}
preheader: What the list of mails shows behind the subject
---
<mjml lang="LANGUAGE">
  <mj-include path="_head.mjml" />
  <mj-body>
    <mj-include path="_header.mjml" />
    <mj-section>
      <mj-column>
        <mj-text>
          <p>Hi {{ lead.first_name|fallback("there") }},</p>
        </mj-text>
        <mj-include path="_signature.PARTS.mjml" />
      </mj-column>
    </mj-section>
    <mj-include path="_footer.PARTS.mjml" />
  </mj-body>
</mjml>
"""


@console_page("/templates/{name}", Action.READ_CADENCES, N_("Mail"))
async def template(
    visit: PageVisit,
    name: str,
    *,
    language: str = "en",
    cadence: str = "",
    lead: int | None = None,
    version: int | None = None,
    begins: Annotated[Day | None, Query(alias="from")] = None,
    to: Day | None = None,
) -> None:
    """A mail for a lead, of the cadence where one comes from it."""
    line = await _line(visit, name)
    if line is None:
        raise Missing(_("The mail '{name}' is not published.", name=name))
    language = language if language in line.languages else line.languages[0]
    name_page(visit, name)
    if visit.may(Action.PUBLISH):
        with visit.top:
            go(_("Edit"), f"/templates/{name}/edit?language={language}", main=True, key="e")
    show(_languages(f"/templates/{name}", name, line.languages, language, cadence=cadence))
    if cadence:
        await _beside_it(visit, name, cadence)
    mail = MailPreview(visit, name, language, cadence or next(iter(line.cadences), ""))
    await mail.build(lead)
    published = await visit.read(latest_template, name, language)
    await mail.show(published.compiled)
    versions = await visit.read(published_texts, "template", f"{name}.{language}")
    with section(_("Versions")):
        if line.cadences:
            names = Markup(", ").join(link(one, f"/cadences/{one}") for one in line.cadences)
            show(facts({_("Sent by"): names}))
        show(
            table(
                [_("Version"), _("Published")],
                [
                    (
                        link(
                            one.version,
                            f"/templates/{name}",
                            language=language,
                            version=one.version,
                        ),
                        publication(one),
                    )
                    for one in versions[:20]
                ],
                caption=_("Versions"),
            )
        )
    old = next((one for one in versions if one.version == version), None)
    if old is not None:
        title = _("Version {old} and version {new}", old=old.version, new=versions[0].version)
        compared = await difference(old.source, versions[0].source, title)
        with section(title):
            show(compared)
    asked = days_asked(begins, to) | {"language": language, "cadence": cadence or None}
    results = MailResultsPart(visit, name, asked)
    with results.filters():
        pass
    await results.begin()


@console_page("/templates/{name}/edit", Action.PUBLISH, N_("Edit mail"))
async def edit_template(visit: PageVisit, name: str, *, language: str = "en") -> None:
    """A mail as a text to change, and below as a lead would get it. One that there is none of yet
    begins with the English text."""
    if not template_of(f"{name}.{language}.mjml"):
        raise Missing(
            _("A mail is called by small letters, digits and dashes, its language by two letters.")
        )
    line = await _line(visit, name)
    parts = await run_in_threadpool(template_parts, TEMPLATES)
    start = _start(language, parts)
    if line is not None and language not in line.languages:
        versions = await visit.read(published_texts, "template", f"{name}.{line.languages[0]}")
        start = in_language(versions[0].source, line.languages[0], language, parts)
    known = sorted({*(line.languages if line else ()), language})
    wanted = await visit.read(wanted_languages, name)
    show(_languages(f"/templates/{name}/edit", name, known, language, missing=wanted - {*known}))
    cadence = next(iter(line.cadences), "") if line else ""
    mail = MailPreview(visit, name, language, cadence, narrow=True)

    async def draw(checked: Checked) -> None:
        for one in checked.templates:
            await mail.show(one.compiled, one.source)

    around = Surroundings(parts, is_about_a_meeting(name), partial(pick_image, visit))
    editor = Editor(visit, "template", f"{name}.{language}", start, draw=draw)
    form = MailForm(language, around, editor.put)
    editor.typed = form.read
    await editor.load()
    ui.add_head_html('<script src="/console/static/mail.js" defer></script>')
    with ui.element("div").classes("writing mail-writing"):
        written = section(_("What it says"))
        with ui.element("div"):
            await mail.build()
    text = ui.element("div").classes("stack")
    with section(_("Parts that mails include")):
        said = _("They are files of the installation: to read here, and to change there.")
        show(quiet(said), "p")
        show(_parts(parts))
    with text:
        editor.build()
    with written:
        form.build(editor.text)


def _start(language: str, parts: Collection[str]) -> str:
    spoken = language if {f"_footer.{language}.mjml", "_footer.mjml"} & {*parts} else "en"
    return START.replace("LANGUAGE", language).replace("PARTS", spoken)


def _parts(parts: Mapping[str, str]) -> Markup:
    return Markup().join(
        Markup(
            '<details class="file"><summary><code>{}</code></summary>'
            '<pre class="source" tabindex="0">{}</pre></details>'
        ).format(name, text)
        for name, text in parts.items()
    )


async def _line(visit: PageVisit, name: str) -> TemplateLine | None:
    return next((one for one in await visit.read(list_templates) if one.name == name), None)


def _languages(
    path: str,
    name: str,
    languages: list[str],
    chosen: str,
    *,
    missing: Collection[str] = (),
    **query: str,
) -> Markup:
    entries = Markup().join(
        Markup('<a href="/console{}?language={}{}"{}>{}</a>').format(
            path,
            one,
            Markup("").join(Markup("&{}={}").format(k, v) for k, v in query.items() if v),
            Markup(' aria-current="page"') if one == chosen else "",
            Markup("{} {}").format(one, badge(_("not written"), "warn")) if one in missing else one,
        )
        for one in sorted({*languages, *missing})
    )
    return Markup('<nav class="tabs" aria-label="{}"><b>{}</b> {}</nav>').format(
        _("Languages"), name, entries
    )


async def _beside_it(visit: PageVisit, name: str, cadence: str) -> None:
    """The other mails of the cadence, in their order."""
    try:
        known = await visit.read(cadence_named, cadence, None)
    except CadenceMissing:
        return
    mails = Markup(" · ").join(
        Markup("<b>{}</b>").format(one)
        if one == name
        else link(one, f"/templates/{one}", cadence=cadence)
        for one in known.cadence.templates()
    )
    show(
        Markup("<p>{} {}: {}</p>").format(
            quiet(_("Mails of")), link(cadence, f"/cadences/{cadence}"), mails
        )
    )
