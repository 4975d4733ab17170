"""``/console/policies``: what marketing and sales agreed on, and the mails; read and changed."""

from __future__ import annotations

from markupsafe import Markup
from nicegui import ui

from domain.access import Action, publishing
from domain.checking.policies import POLICIES
from domain.email.checked import template_of
from domain.refusals import Missing
from store.published.drafts import list_drafts
from store.published.published_texts import TemplateLine, list_templates, published_texts
from store.publishing.publishing import Checked, PolicyLine, list_policies
from web.console import labels
from web.console.frame import name_page, say_no
from web.console.lists.export import export_button
from web.console.marketing.difference import difference
from web.console.marketing.editor import Editor
from web.console.marketing.publishing import publication
from web.console.marketing.segment_count import ChangedCounts
from web.console.pages import console_page
from web.console.parts import Cell, badge, button, empty, go, link, section, show, table
from web.console.times import moment
from web.console.visit import PageVisit
from web.console.words import N_, _

ABOUT = {
    "scoring": N_("What interest and fit are worth, and when a lead is ready for sales"),
    "consent": N_("Topics, how much mail a lead gets, and what bounces lead to"),
    "team": N_("Who works leads, who gets which, and when they work"),
    "sla": N_("What marketing and sales promise each other"),
    "follow-up": N_("Calls: how many, how far apart, and what follows them"),
    "meeting": N_("Reminders, outcomes and missed meetings"),
    "opportunity": N_("Stages of an opportunity and how long each may take"),
    "customer": N_("Hand-over, upsell and renewal"),
    "recycle": N_("How long a lead rests, and what it comes back to"),
    "content": N_("What sales gets to send, by stage"),
    "segments": N_("Leads that have something in common, by name"),
    "forms": N_("Hosted forms: what they ask, and what follows"),
    "brand": N_("How mails look, whom they are from, and what stands under them"),
    "sending": N_("How much mail a sender sends, and what stops it"),
}
"""What each policy is about."""
FORMS = {
    **{
        name: f"/{name}-settings"
        for name in ("scoring", "recycle", "consent", "team", "sla", "brand")
    },
    "segments": "/segments",
}
"""Policies that can be changed in a form → its page."""


@console_page("/policies", Action.READ_CADENCES, N_("Policies and mails"))
async def policies(visit: PageVisit) -> None:
    """All policies and all mails."""
    published = {one.name: one for one in await visit.read(list_policies)}
    mine = set()
    if visit.may(Action.DRAFT):
        drafts = await visit.read(list_drafts, visit.who.user_id)
        mine = {(draft.kind, draft.name) for draft in drafts}
    with visit.top:
        export_button("/policies", of=_("Policies"))
        export_button("/templates", of=_("Mails"))
    with section(_("Policies")):
        show(
            table(
                [_("Policy"), _("What it is about"), _("Version"), _("Published")],
                [_row(name, published.get(name), ("policy", name) in mine) for name in POLICIES],
                caption=_("Policies"),
                numbers=(2,),
            )
        )
    with section(_("Mails")):
        if visit.may(Action.PUBLISH):
            _new_mail()
        found = await visit.read(list_templates)
        known = {f"{one.name}.{language}" for one in found for language in one.languages}
        begun = sorted({name for kind, name in mine if kind == "template"} - known)
        if begun:
            names = Markup(", ").join(map(_begun, begun))
            show(Markup("<p>{} {}</p>").format(_("You have begun, and not published:"), names))
        if not found:
            empty(_("No mail is published: write one, then a cadence that sends it."))
            return
        writing = {name.rpartition(".")[0] for kind, name in mine if kind == "template"}
        show(
            table(
                [_("Mail"), _("Languages"), _("Sent by"), _("Published")],
                [_mail(one, one.name in writing) for one in found],
                caption=_("Mails"),
            )
        )


@console_page("/policies/{name}", Action.READ_CADENCES, N_("Policy"))
async def policy(visit: PageVisit, name: str, *, version: int | None = None) -> None:
    """A policy as it was written, and what changed since an earlier version."""
    versions = await visit.read(published_texts, "policy", name)
    if name not in POLICIES or not versions:
        raise Missing(_("The policy '{name}' is not published.", name=name))
    name_page(visit, labels.policy(name))
    if visit.may(publishing(name)):
        with visit.top:
            if name in FORMS:
                go(_("Change it in a form"), FORMS[name], main=True, key="f")
            go(_("Edit"), f"/policies/{name}/edit", main=name not in FORMS, key="e")
    newest = versions[0]
    old = next((one for one in versions if one.version == version and one != newest), None)
    with ui.element("div").classes("columns"):
        with ui.element("div"):
            if old is not None:
                title = _("Version {old} and version {new}", old=old.version, new=newest.version)
                with section(title):
                    show(await difference(old.source, newest.source, title))
            with section(labels.policy(name)):
                show(Markup("<p>{}</p>").format(_(ABOUT[name])))
                show(Markup('<pre class="source" tabindex="0">{}</pre>').format(newest.source))
        with ui.element("div"), section(_("Versions")):
            show(
                table(
                    [_("Version"), _("Published")],
                    [
                        (
                            link(one.version, f"/policies/{name}", version=one.version),
                            publication(one),
                        )
                        for one in versions[:20]
                    ],
                    caption=_("Versions"),
                )
            )


@console_page("/policies/{name}/edit", Action.DRAFT, N_("Edit policy"))
async def edit_policy(visit: PageVisit, name: str) -> None:
    """A policy as a text to change."""
    if name not in POLICIES:
        raise Missing(
            _("There is no policy '{name}': {known}.", name=name, known=", ".join(POLICIES))
        )

    async def nothing_to_draw(_checked: Checked) -> None:
        return None

    counts = ChangedCounts(visit) if name == "segments" else None
    draw = counts.draw if counts else nothing_to_draw
    editor = Editor(visit, "policy", name, f"policy: {name}\n", draw=draw)
    await editor.load()
    editor.build()
    if counts:
        counts.build()


def _row(name: str, line: PolicyLine | None, mine: bool) -> list[Cell]:
    shown = link(labels.policy(name), f"/policies/{name}" if line else f"/policies/{name}/edit")
    if mine:
        shown += Markup(" ") + link(badge(_("your draft"), "warn"), f"/policies/{name}/edit")
    state: Cell = moment(line.published_at) if line else badge(_("not published"), "warn")
    return [shown, _(ABOUT[name]), line.version if line else "", state]


def _mail(one: TemplateLine, mine: bool) -> list[Cell]:
    shown = link(one.name, f"/templates/{one.name}")
    if mine:
        shown += Markup(" ") + badge(_("your draft"), "warn")
    return [
        shown,
        Markup(" ").join(
            link(badge(language), f"/templates/{one.name}", language=language)
            for language in one.languages
        ),
        Markup(", ").join(link(name, f"/cadences/{name}") for name in one.cadences),
        moment(one.published_at),
    ]


def _begun(draft: str) -> Markup:
    name, _dot, language = draft.rpartition(".")
    return link(draft, f"/templates/{name}/edit", language=language)


def _new_mail() -> None:
    with ui.element("div").classes("filters"):
        name = ui.input(_("Name of a new mail")).props("outlined dense").classes("wide")
        language = ui.input(_("Language"), value="en").props("outlined dense maxlength=3")

        def begin() -> None:
            wanted = f"{(name.value or '').strip()}.{(language.value or '').strip()}.mjml"
            known = template_of(wanted)
            if known is None:
                say_no(
                    _(
                        "A mail is called by small letters, digits and dashes, its language by two "
                        "letters."
                    )
                )
                return
            ui.navigate.to(f"/templates/{known[0]}/edit?language={known[1]}")

        name.on("keydown.enter", begin)
        language.on("keydown.enter", begin)
        button(_("New mail"), begin)
