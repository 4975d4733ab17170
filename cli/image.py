"""``image add|list|delete``: the images of mails."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

import services.images
from cli.arguments import AsJson
from cli.connect import database, operator, terminal
from cli.errors import UserError
from cli.groups import group
from cli.output import AsCsv, printed
from cli.screen import echo
from cli.tables import listed, print_list
from domain.email.images import MOST_BYTES
from services.images import address_of
from store.images.images import ImageLine, list_images

app = group(
    'image add logo.png --alt "Lindenmoor"',
    "image list",
    "image delete 3f6b….png",
)


@app.command("add")
def add(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="PNG, JPEG, GIF or WebP.")],
    alt: Annotated[str, typer.Option(help="What it shows, for those who don't see it.")],
    as_json: AsJson = False,
) -> None:
    """Upload a PNG, JPEG, GIF or WebP, without what the camera noted. The same one again changes
    its text."""
    try:
        with file.open("rb") as opened:
            data = opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise UserError(f"{file} can't be read: {error.strerror}.") from error
    context = terminal()
    done = services.images.upload(context, operator(), data, alt=alt, file_name=file.name)
    if as_json:
        echo(json.dumps(_row(done), ensure_ascii=False))
        return
    echo(f"{address_of(context, done.name)} ({done.width} × {done.height} pixels)")


@app.command("list")
def list_(
    limit: Annotated[int, typer.Option(min=1, max=500)] = 50,
    as_json: AsJson = False,
    as_csv: AsCsv = False,
) -> None:
    """List images, the newest first, with where each is shown."""
    with database().connect() as connection:
        lines = list_images(connection, limit=limit)
    rows = [_row(one) for one in lines]
    if printed(rows, "/images", as_json=as_json, as_csv=as_csv, key="images"):
        return
    if not lines:
        echo("There are no images yet: `starter.py image add FILE --alt …` uploads one.")
        return
    print_list(
        listed(
            ("Name", "Size", "kB", "Alternative text", "Shown in"),
            (
                (
                    one.name,
                    f"{one.width} × {one.height}",
                    f"{one.size // 1000:,}",
                    one.alt,
                    ", ".join(f"{use.name} ({use.by})" for use in one.uses),
                )
                for one in lines
            ),
            right=("kB",),
        )
    )


@app.command("delete")
def delete(name: Annotated[str, typer.Argument(metavar="NAME")]) -> None:
    """Delete an image that nothing published shows. In mails that have gone out already it is seen
    no more."""
    services.images.remove(terminal(), operator(), name)
    echo("The image is deleted.")


def _row(one: ImageLine) -> dict[str, object]:
    return {
        "name": one.name,
        "url": address_of(terminal(), one.name),
        "width": one.width,
        "height": one.height,
        "size": one.size,
        "alt": one.alt,
        "file_name": one.file_name,
        "uploaded_by": one.uploaded_by,
        "uploaded_at": one.uploaded_at.isoformat(),
        "shown_in": ", ".join(f"{use.name} ({use.by})" for use in one.uses),
    }
