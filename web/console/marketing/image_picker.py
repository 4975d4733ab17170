"""Choosing an image for a mail: one of those that are here, or a new one."""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from markupsafe import Markup, escape
from nicegui import ui

import services.images
from domain.access import Action
from domain.brand.policy import IMAGES
from domain.email.images import LONGEST_ALT, MOST_BYTES, too_large
from domain.refusals import Invalid
from domain.sentences import sentence
from services.images import address_of
from store.images.images import ImageLine, list_images
from web.console.forms import FormDialog
from web.console.frame import say_done
from web.console.parts import button, quiet, show
from web.console.visit import PageVisit
from web.console.words import _

PAGE = 24
CHUNK = 256 * 1024
"""Bytes of a file that the page tells at once: its connection takes no more than a megabyte."""


@dataclass(frozen=True)
class PickedImage:
    """An image for a mail: where everybody finds it, its size in pixels, and what it shows."""

    name: str
    url: str
    width: int
    height: int
    alt: str


async def pick_image(visit: PageVisit) -> PickedImage | None:
    """Have somebody choose an image; None if they think better of it."""
    with ui.dialog() as dialog, ui.card().classes("ask wide-ask"):
        dialog.props["aria-label"] = _("Choose an image")
        show(escape(_("Choose an image")), "h2")
        gallery = Gallery(visit, dialog.submit)
        await gallery.build()
        with ui.element("div").classes("acts"):
            button(_("Cancel"), lambda: dialog.submit(None))
            if visit.may(Action.DRAFT):

                async def new() -> None:
                    if made := await upload_image(visit):
                        dialog.submit(made)

                button(_("Upload an image"), new, main=True)
    chosen: ImageLine | None = await dialog
    dialog.delete()
    if chosen is None:
        return None
    return PickedImage(
        name=chosen.name,
        url=address_of(visit.context, chosen.name),
        width=chosen.width,
        height=chosen.height,
        alt=chosen.alt,
    )


class Gallery:
    """The images to choose from, the newest first."""

    def __init__(self, visit: PageVisit, choose: Callable[[ImageLine], object]) -> None:
        self.visit, self._choose = visit, choose
        self._last: int | None = None

    async def build(self) -> None:
        """Put it where the page is being built."""
        self._place = ui.element("div").classes("gallery")
        self._more = button(_("Older"), self._show_more)
        await self._show_more()

    async def _show_more(self) -> None:
        found = await self.visit.read(list_images, before=self._last, limit=PAGE + 1)
        self._more.set_visibility(len(found) > PAGE)
        with self._place:
            if not found and self._last is None:
                show(Markup('<p class="empty">{}</p>').format(_("There are no images yet.")))
            for one in found[:PAGE]:
                self._one(one)
        if found:
            self._last = found[:PAGE][-1].id

    def _one(self, one: ImageLine) -> None:
        choice = ui.element("button").props('type="button"').classes("picture")
        choice.on("click", lambda: self._choose(one))
        with choice:
            show(thumbnail(one), "span")
            show(quiet(f"{one.width} × {one.height}"), "span")


def thumbnail(one: ImageLine) -> Markup:
    """An image, as small as a list shows it."""
    return Markup(
        '<img src="{}/{}" alt="{}" width="{}" height="{}" loading="lazy" decoding="async">'
    ).format(IMAGES, one.name, one.alt, one.width, one.height)


async def upload_image(visit: PageVisit) -> ImageLine | None:
    """Have somebody upload an image; None if they think better of it."""
    with FormDialog(_("Upload an image")) as form:
        said = _(
            "PNG, JPEG, GIF or WebP, at most {size} MB. What the camera noted, such as the place, "
            "is taken out. Mails show at most 600 pixels: twice as many look sharp on a phone.",
            size=MOST_BYTES >> 20,
        )
        show(escape(said), "p")
        chosen = show(
            Markup(
                '<label class="file-of">{} <input type="file" '
                'accept="image/png,image/jpeg,image/gif,image/webp" autofocus></label>'
            ).format(_("File"))
        )
        alt = form.field("alt", ui.input(_("What it shows")).props(f"maxlength={LONGEST_ALT}"))
        hint = _("Read aloud to those who don't see it, and shown where images are off")
        alt.props["hint"] = hint

    async def save() -> ImageLine:
        name, data = await _file_in(chosen)
        return await visit.act(
            services.images.upload, data, alt=str(alt.value or ""), file_name=name
        )

    done = await form.sent(_("Upload"), save)
    if done is not None:
        say_done(_("The image is here: mails can show it now."))
    return done


async def _file_in(place: ui.html) -> tuple[str, bytes]:
    """Name and content of the file that was chosen in an input of the page.

    Raises:
        Invalid: there is none, or it is too large.
    """
    found = f'const file = getHtmlElement({place.id}).querySelector("input").files[0];'
    known = await _asked(f"{found} return file ? [file.name, file.size] : null;")
    if known is None:
        raise Invalid(sentence("Choose an image."), "file")
    name, size = known
    if size > MOST_BYTES:
        raise too_large()
    data = b""
    while len(data) < size:
        text = await _asked(
            f"""{found}
            const piece = file.slice({len(data)}, {len(data) + CHUNK});
            const bytes = new Uint8Array(await piece.arrayBuffer());
            let text = "";
            for (let at = 0; at < bytes.length; at += 8192)
              text += String.fromCharCode(...bytes.subarray(at, at + 8192));
            return btoa(text);"""
        )
        piece = base64.b64decode(str(text))
        if not piece:
            break
        data += piece
    return str(name), data


def _asked(script: str) -> Awaitable[Any]:
    return ui.run_javascript(script, timeout=30)
