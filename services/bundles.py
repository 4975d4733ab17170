"""Cadences as archives: carried out of one installation and into another, all or nothing."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from dataclasses import replace as replace_fields
from enum import StrEnum

from sqlalchemy import Connection

from domain.access import Action
from domain.checking.bundle import (
    REFERS_TO,
    Bundle,
    BundleFile,
    BundleKind,
    parts_included,
    read_bundle,
    write_bundle,
)
from domain.checking.difference import MOST_LINES, lines_of
from domain.refusals import Conflict, Invalid
from domain.sentences import sentence
from services.access import authorise, changes
from services.cadences import cadence_asked_for
from services.context import Context
from services.exports import record_export
from services.publishing import NOTHING, check_texts, publish_in, refuse_mistakes
from services.template_parts import TEMPLATES, template_parts
from store.access.api_tokens import Caller
from store.published.cadences import lock_publishing
from store.published.policies import policy_in_force
from store.published.published_texts import Kind, published_texts, text_in_force
from store.publishing.publishing import Checked, Published

_KINDS: dict[BundleKind, Kind] = {
    BundleKind.CADENCE: "cadence",
    BundleKind.POLICY: "policy",
    BundleKind.TEMPLATE: "template",
}

MOST_COMPARED = 20_000
"""Lines of all files of a bundle that are compared, here and there."""


class BesideHere(StrEnum):
    """How a file of a bundle stands to what is here."""

    NEW = "new"
    SAME = "same"
    DIFFERS = "differs"


@dataclass(frozen=True)
class BundleItem:
    """A file of a bundle beside what is here: ``version_here`` is in force here, 0 for none;
    ``kept`` says that what is here stays. ``text_here`` and ``text`` are both as they were
    written; what is ``too_long`` is not compared line by line."""

    kind: BundleKind
    name: str
    file: str
    version: int
    arrival: BesideHere
    version_here: int
    kept: bool
    text_here: str
    text: str
    too_long: bool = False

    @property
    def difference(self) -> str:
        """What differs, as ``diff -u`` says it; '' for nothing, and for what is new. Of what is too
        long no more than that it differs."""
        if self.arrival != BesideHere.DIFFERS:
            return ""
        if self.too_long:
            return f"{self.file} differs, and is too long to show how."
        lines = difflib.unified_diff(
            self.text_here.splitlines(), self.text.splitlines(), "here", self.file, lineterm=""
        )
        return "\n".join(lines)


@dataclass(frozen=True)
class BundleReport:
    """What is in a bundle, and what was published of it; None where it was only looked at."""

    cadence: str
    version: int
    items: list[BundleItem]
    done: Published | None = None

    @property
    def undecided(self) -> list[BundleItem]:
        """What is here already and differs, and would be replaced."""
        return [
            one
            for one in self.items
            if one.arrival == BesideHere.DIFFERS and not one.kept and one.kind != BundleKind.PART
        ]

    @property
    def seen(self) -> dict[str, int]:
        """File → the version that is in force here, of all that may be published."""
        return {one.file: one.version_here for one in self.items if one.kind != BundleKind.PART}

    def not_as(self, seen: Mapping[str, int]) -> list[str]:
        """The files of which another version is in force here than was seen."""
        return [file for file, here in self.seen.items() if seen.get(file, here) != here]


def export_bundle(
    context: Context, caller: Caller, name: str, version: int | None = None
) -> tuple[bytes, Bundle]:
    """A cadence with its mails in all languages, the policies that it refers to, and the parts that
    its mails include, as an archive; it goes on the audit record.

    Args:
        version: None for the newest.

    Raises:
        Forbidden: the caller may not read cadences.
        Missing: there is no such cadence, or version.
        Invalid: it is more than a bundle holds.
    """
    authorise(caller, Action.READ_CADENCES)
    with context.database.connect() as connection:
        bundle = _bundled(connection, name, version)
    data = write_bundle(bundle)
    record_export(context, caller, f"/api/cadences/{name}/bundle", len(bundle.files), [])
    return data, bundle


def look_into(
    connection: Connection, caller: Caller, data: bytes, keep: Sequence[str] = ()
) -> BundleReport:
    """What importing an archive would do; nothing is changed.

    Args:
        keep: files, as :attr:`BundleItem.file` has them, of which what is here stays.

    Raises:
        Forbidden: the caller may not check cadences.
        Invalid: it is no bundle, or there are mistakes in it: each with file and line.
    """
    authorise(caller, Action.DRAFT)
    report, checked = _compared(connection, read_bundle(data), keep)
    refuse_mistakes(checked.problems, _files(report), NOTHING)
    return report


@changes(Action.DRAFT, "POST /bundles", keep=("cadence", "version", "replace", "note"))
def import_bundle(
    context: Context,
    caller: Caller,
    bundle: Bundle,
    *,
    replace: bool = False,
    keep: Sequence[str] = (),
    seen: Mapping[str, int] | None = None,
    note: str = "",
) -> BundleReport:
    """Publish what is in a bundle, all or nothing: checked beside all that is published here.

    Args:
        replace: whether what is here already and differs is replaced.
        keep: as of :func:`look_into`.
        seen: file → ``version_here`` of a look before; what it does not name may be anything.
        note: what the caller says of it.

    Raises:
        Forbidden: the caller may not publish what would change.
        Invalid: there are mistakes in it: each with file and line.
        Conflict: something is here already and differs, and is neither replaced nor kept; or is not
            what was seen.
    """
    with context.database.begin() as connection:
        lock_publishing(connection)
        report, checked = _compared(connection, bundle, keep)
        refuse_mistakes(checked.problems, _files(report), NOTHING)
        if changed := report.not_as(seen or {}):
            raise Conflict(
                sentence(
                    "Changed here since you looked: {files}. Look at what differs now, then "
                    "publish again. Nothing was published.",
                    files=changed,
                ),
                "seen",
            )
        if report.undecided and not replace:
            raise Conflict(
                sentence(
                    "Here is already, and differs: {files}. Replace it, or keep what is here. "
                    "Nothing was published.",
                    files=[one.file for one in report.undecided],
                ),
                "replace",
            )
        done = publish_in(connection, context, caller, checked, note)
    return BundleReport(report.cadence, report.version, report.items, done)


def _bundled(connection: Connection, name: str, version: int | None) -> Bundle:
    known = cadence_asked_for(connection, name, version)
    versions = published_texts(connection, "cadence", name)
    source = next(one.source for one in versions if one.version == known.version)
    files = [BundleFile(BundleKind.CADENCE, name, known.version, source)]
    for policy, refers in REFERS_TO.items():
        found = policy_in_force(connection, policy)
        if found is not None and refers(known.cadence):
            files.append(BundleFile(BundleKind.POLICY, policy, found.version, found.source))
    mails = []
    for mail in known.cadence.templates():
        for language, template_id in sorted(known.templates[mail].items()):
            title = f"{mail}.{language}"
            every = published_texts(connection, "template", title)
            one = next(one for one in every if one.id == template_id)
            mails.append(BundleFile(BundleKind.TEMPLATE, title, one.version, one.source))
    parts = template_parts(TEMPLATES)
    included = parts_included((one.text for one in mails), parts)
    files += mails
    files += [
        BundleFile(BundleKind.PART, one.removesuffix(".mjml"), 0, parts[one]) for one in included
    ]
    return Bundle(name, known.version, tuple(files))


def _compared(
    connection: Connection, bundle: Bundle, keep: Sequence[str]
) -> tuple[BundleReport, Checked]:
    """How a bundle stands to what is here, and what of it is to be published, checked."""
    if unknown := [one for one in keep if one not in {file.file for file in bundle.published}]:
        raise Invalid(
            sentence(
                "The bundle has no file {file}: it has {files}.",
                file=unknown[0],
                files=[one.file for one in bundle.published],
            ),
            "keep",
        )
    parts = template_parts(TEMPLATES)
    items = _bounded(_item(connection, one, parts, keep) for one in bundle.files)
    report = BundleReport(bundle.cadence, bundle.version, items)
    texts = {
        one.file: one.text
        for one in items
        if one.kind != BundleKind.PART and not (one.kept and one.arrival == BesideHere.DIFFERS)
    }
    checked = check_texts(connection, texts)
    if not checked.problems:
        _refuse_other_names(bundle, checked)
    return report, checked


def _bounded(items: Iterable[BundleItem]) -> list[BundleItem]:
    """The files, those marked that are too long to be compared, alone or after the others."""
    bounded, left = [], MOST_COMPARED
    for one in items:
        lines = lines_of(one.text_here, one.text) if one.arrival == BesideHere.DIFFERS else 0
        too_long = lines > min(MOST_LINES, left)
        left -= 0 if too_long else lines
        bounded.append(replace_fields(one, too_long=too_long))
    return bounded


def _item(
    connection: Connection, one: BundleFile, parts: dict[str, str], keep: Sequence[str]
) -> BundleItem:
    if one.kind == BundleKind.PART:
        text_here, version_here = parts.get(one.file), 0
    else:
        here = text_in_force(connection, _KINDS[one.kind], one.name)
        text_here, version_here = (here.source, here.version) if here else (None, 0)
    if text_here is None:
        arrival = BesideHere.NEW
    else:
        arrival = BesideHere.SAME if text_here == one.text else BesideHere.DIFFERS
    return BundleItem(
        one.kind,
        one.name,
        one.file,
        one.version,
        arrival,
        version_here,
        one.file in keep,
        text_here or "",
        one.text,
    )


def _refuse_other_names(bundle: Bundle, checked: Checked) -> None:
    """A file says of itself what the manifest says: what was compared is what is published."""
    cadences = {f"cadences/{one.name}.yaml" for _text, one in checked.cadences.values()}
    policies = {f"policies/{name}.yaml" for name in checked.policies}
    said = {one.file for one in bundle.of(BundleKind.CADENCE, BundleKind.POLICY)}
    if other := sorted((cadences | policies) - said) or sorted({*checked.cadences} - cadences):
        raise Invalid(
            sentence(
                "The bundle says of {file} that it is something else than it says itself. Export "
                "it again.",
                file=other[0],
            ),
            "file",
        )


def _files(report: BundleReport) -> list[str]:
    return [one.file for one in report.items]
