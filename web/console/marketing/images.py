"""``/console/images``: the images of mails, and where each is shown."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from markupsafe import Markup, escape
from nicegui import ui

import services.images
from domain.access import Action
from services.images import address_of
from store.images.images import (
    MB,
    MOST_OF_ALL,
    ImageLine,
    ImageUse,
    UsedBy,
    list_images,
    room_taken,
)
from web.console import labels
from web.console.frame import say_done
from web.console.marketing.image_picker import thumbnail, upload_image
from web.console.pages import console_page
from web.console.parts import badge, button, empty, facts, link, quiet, section, show, sure
from web.console.times import moment
from web.console.visit import PageVisit
from web.console.words import N_, _

PAGE = 24


@console_page("/images", Action.READ_CADENCES, N_("Images"))
async def images(visit: PageVisit, before: int | None = None) -> None:
    """The images, the newest first, those before the id ``before``."""
    found = await visit.read(list_images, before=before, limit=PAGE + 1)
    taken = await visit.read(room_taken)

    async def new() -> None:
        if await upload_image(visit):
            ui.navigate.to("/images")

    with visit.top:
        if visit.may(Action.DRAFT):
            button(_("Upload an image"), new, main=True, key="n")
    with section(_("Images of mails")):
        said = _(
            "They are shown to everybody who has the mail, without signing in. {taken} of {size} "
            "MB are taken.",
            taken=-(-taken // MB),
            size=MOST_OF_ALL // MB,
        )
        show(quiet(said), "p")
        if not found:
            empty(_("There are no images yet."))
            return
        with ui.element("ul").classes("images"):
            for one in found[:PAGE]:
                _shown(visit, one)
        if len(found) > PAGE:
            show(link(_("Older"), "/images", before=found[PAGE - 1].id), "p")


def _shown(visit: PageVisit, one: ImageLine) -> None:
    address = address_of(visit.context, one.name)
    with ui.element("li"):
        show(
            Markup('<a href="{}" target="_blank" rel="noopener">{}</a>').format(
                address, thumbnail(one)
            )
        ).classes("picture")
        with ui.element("div").classes("about"):
            show(escape(one.alt), "p").classes("alt")
            show(
                facts(
                    {
                        _("Size"): f"{one.width} × {one.height}, {-(-one.size // 1000):,} kB",
                        _("File"): one.file_name,
                        _("Uploaded"): Markup("{} · {}").format(
                            moment(one.uploaded_at), labels.person(one.uploaded_by)
                        ),
                        _("Shown in"): _uses(one) or quiet(_("nothing yet")),
                        _("Address"): Markup("<code>{}</code>").format(address),
                    }
                )
            )
            if visit.may(Action.PUBLISH):
                removing = button(_("Delete"), _deleting(visit, one), danger=True)
                removing.props["aria-label"] = f"{_('Delete')}: {one.alt}"


def _uses(one: ImageLine) -> Markup:
    return Markup(", ").join(map(_use, one.uses))


def _use(use: ImageUse) -> Markup:
    draft = use.by == UsedBy.DRAFT
    path = f"/policies/{use.name}"
    if use.kind == "template":
        name, _dot, language = use.name.rpartition(".")
        path = f"/templates/{name}{'/edit' if draft else ''}"
        shown = link(use.name, path, language=language)
    elif use.kind == "policy":
        shown = link(labels.policy(use.name), path)
    else:
        shown = link(use.name, f"/cadences/{use.name}/edit")
    if draft:
        return shown + Markup(" ") + badge(_("a draft"), "quiet")
    if use.by == UsedBy.OLDER_VERSION:
        return shown + Markup(" ") + badge(_("an older version, which leads still get"), "quiet")
    return shown


def _deleting(visit: PageVisit, one: ImageLine) -> Callable[[], Awaitable[None]]:
    async def delete() -> None:
        question = _("Delete this image?")
        said = _("In mails that have gone out already it is seen no more.")
        drafts = ", ".join(use.name for use in one.uses if use.by == UsedBy.DRAFT)
        if drafts:
            said = _(
                "Drafts show it, and can't be published until another is chosen there: {names}. In "
                "mails that have gone out already it is seen no more.",
                names=drafts,
            )
        if await sure(question, _("Delete"), details=said):
            await visit.act(services.images.remove, one.name)
            say_done(_("The image is deleted."))
            ui.navigate.reload()

    return delete
