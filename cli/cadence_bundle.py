"""``cadence export|import-bundle``: a cadence as an archive, to carry to another installation."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.syntax import Syntax

from cli.connect import operator, terminal
from cli.errors import UserError
from cli.screen import Console, echo
from cli.tables import listed, print_list
from domain.checking.bundle import MOST_BYTES, BundleKind, read_bundle
from services import bundles
from services.bundles import BesideHere, BundleReport
from services.publishing import LONGEST_NOTE


def export(
    name: str,
    out: Annotated[
        Path | None,
        typer.Option("--out", metavar="FILE", show_default="NAME-VERSION.zip, here"),
    ] = None,
    version: Annotated[int | None, typer.Option(min=1, show_default="the newest")] = None,
) -> None:
    """Write a cadence with its mails and the policies that it refers to into one archive."""
    data, bundle = bundles.export_bundle(terminal(), operator(), name, version)
    path = out or Path(f"{bundle.cadence}-{bundle.version}.zip")
    if out is None and path.exists():
        raise UserError(f"{path} is there already: name another file with --out.")
    try:
        path.write_bytes(data)
    except OSError as error:
        raise UserError(
            f"{path} can't be written ({error.strerror}): name another file with --out."
        ) from error
    print_list(
        listed(
            ("What", "File", "Version"),
            [
                (one.kind.value, one.file, str(one.version) if one.version else "as it is here")
                for one in bundle.files
            ],
            whole=("What",),
        )
    )
    echo(f"Written to {path}.")


def import_bundle(
    file: Path,
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only say what it would do, and what differs.")
    ] = False,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace what is here already and differs.")
    ] = False,
    keep: Annotated[
        list[str] | None,
        typer.Option("--keep", metavar="FILE", help="Leave this as it is here; may be repeated."),
    ] = None,
    note: Annotated[
        str, typer.Option(help="What changed and why; it stands with each new version.")
    ] = "",
) -> None:
    """Publish what is in an archive of a cadence, all of it, or with a problem nothing."""
    data = _read(file)
    context, caller = terminal(), operator()
    with context.database.connect() as connection:
        found = bundles.look_into(connection, caller, data, keep or ())
    _show(found)
    if dry_run:
        echo("Nothing was published.")
        return
    done = bundles.import_bundle(
        context,
        caller,
        read_bundle(data),
        replace=replace,
        keep=keep or (),
        seen=found.seen,
        note=note[:LONGEST_NOTE],
    )
    published = done.done
    if published is None or not any(published.actions().values()):
        echo("This is what was published already: nothing changed.")
        return
    for name, one in {**published.cadences, **published.policies}.items():
        if one.new:
            echo(f"{name}: version {one.version}, published")
    for name, language in published.templates:
        echo(f"{name}.{language}: published")


def _read(file: Path) -> bytes:
    try:
        with file.open("rb") as opened:
            return opened.read(MOST_BYTES + 1)
    except OSError as error:
        raise UserError(f"{file} can't be read ({error.strerror}): check its name.") from error


def _show(found: BundleReport) -> None:
    print_list(
        listed(
            ("What", "File", "Version there", "Version here", ""),
            [
                (
                    one.kind.value,
                    one.file,
                    str(one.version or ""),
                    str(one.version_here or ""),
                    "kept as it is here" if one.kept else _state(one.kind, one.arrival),
                )
                for one in found.items
            ],
            whole=("What",),
        )
    )
    console = Console(highlight=False)
    for one in found.items:
        if one.difference:
            console.print(f"\n{one.file}", style="bold", markup=False)
            console.print(Syntax(one.difference, "diff", theme="ansi_dark", word_wrap=True))


def _state(kind: BundleKind, arrival: BesideHere) -> str:
    if kind == BundleKind.PART and arrival != BesideHere.SAME:
        differs = arrival == BesideHere.DIFFERS
        return "differs: a file of the installation" if differs else "not here"
    said = {BesideHere.NEW: "new", BesideHere.SAME: "the same", BesideHere.DIFFERS: "differs"}
    return said[arrival]
