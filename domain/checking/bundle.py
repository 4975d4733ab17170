"""A cadence with what it needs, as one archive to carry to another installation.

It is a ZIP file of the files as they are written, laid out as folders of marketing's are, and
``manifest.json``, which says what they are, which versions they were, and the SHA-256 of each. The
same content makes the same bytes. What is read may come from anybody: no name in it is ever a path,
and nothing is taken out beyond the bounds here, whatever the archive says of itself.
"""

from __future__ import annotations

import hashlib
import io
import json
import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from domain.cadences.cadence import Cadence, ExitStep, walk
from domain.cadences.triggers import FormTrigger, SegmentTrigger
from domain.email.template_source import part_named
from domain.refusals import Invalid
from domain.sentences import sentence

MOST_BYTES = 600_000
"""Of an archive."""
MOST_FILES = 100
MOST_CHARACTERS = 2_000_000
"""Of all files that are published at once, in a bundle or not: so many are checked in time."""
LONGEST_FILE = 500_000
MOST_UNPACKED = 4_000_000
"""Bytes of one file, and of all together."""
MANIFEST = "manifest.json"
_TIME = (1980, 1, 1, 0, 0, 0)
"""The earliest that a ZIP file knows: when it was packed says nothing of what is in it."""
_DAMAGED = (
    *(zipfile.BadZipFile, zlib.error, struct.error, EOFError, OSError),
    *(LookupError, NotImplementedError, RuntimeError, ValueError),
)
"""What ``zipfile`` raises at archives that are none: NotImplementedError at a way of packing that
it lacks, RuntimeError at a password, LookupError and ValueError at tables and names that lead
nowhere. Faults of ours can be the same, so they are caught only around it."""
_HELD = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_NAME = r"[a-z0-9][a-z0-9-]{0,99}"


class BundleKind(StrEnum):
    """What a file of a bundle is. A part is what mails include: it is there to be read, and is
    published nowhere."""

    CADENCE = "cadence"
    POLICY = "policy"
    TEMPLATE = "template"
    PART = "part"


_PATHS: Mapping[BundleKind, tuple[str, str, str]] = {
    BundleKind.CADENCE: ("cadences/", ".yaml", _NAME),
    BundleKind.POLICY: ("policies/", ".yaml", _NAME),
    BundleKind.TEMPLATE: ("templates/", ".mjml", rf"{_NAME}\.[a-z]{{2,3}}"),
    BundleKind.PART: ("templates/", ".mjml", r"_[a-z0-9][a-z0-9.-]{0,99}"),
}
"""Kind → how the path of a file begins and ends, and what may stand between."""


class BundleEntry(BaseModel):
    """What the manifest says of a file; ``version`` counts from 1, 0 is that of a part."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    kind: BundleKind
    name: Annotated[str, Field(max_length=120)]
    version: Annotated[int, Field(ge=0, le=2**31 - 1)]
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]

    @property
    def path(self) -> str:
        """Where the file stands in the archive."""
        before, after, _fits = _PATHS[self.kind]
        return f"{before}{self.name}{after}"


class Manifest(BaseModel):
    """What a bundle says of itself."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    bundle: Literal[1] = 1
    """The form of the archive."""
    cadence: Annotated[str, Field(pattern=f"^{_NAME}$")]
    version: Annotated[int, Field(ge=1, le=2**31 - 1)]
    files: Annotated[tuple[BundleEntry, ...], Field(max_length=MOST_FILES)]


@dataclass(frozen=True)
class BundleFile:
    """A file of a bundle: a cadence or a policy by its name, a template as ``NAME.LANGUAGE``, a
    part by its file's name without its ending. ``version`` counts where it was exported."""

    kind: BundleKind
    name: str
    version: int
    text: str

    @property
    def file(self) -> str:
        """How it is named where it is published, and in what is said of mistakes."""
        before, after, _fits = _PATHS[self.kind]
        mail = self.kind in (BundleKind.TEMPLATE, BundleKind.PART)
        return f"{self.name}{after}" if mail else f"{before}{self.name}{after}"


@dataclass(frozen=True)
class Bundle:
    """A cadence in a version, and what goes with it."""

    cadence: str
    version: int
    files: tuple[BundleFile, ...]

    def of(self, *kinds: BundleKind) -> list[BundleFile]:
        """Its files of these kinds."""
        return [one for one in self.files if one.kind in kinds]

    @property
    def published(self) -> list[BundleFile]:
        """What is published: all but parts."""
        return [one for one in self.files if one.kind != BundleKind.PART]


def _has_reasons(cadence: Cadence) -> bool:
    return any(isinstance(step, ExitStep) for _where, step in walk(cadence.steps, ()))


def _enters_by(cadence: Cadence, kind: type[SegmentTrigger | FormTrigger]) -> bool:
    return any(isinstance(one, kind) for one in cadence.enter_when)


REFERS_TO: Mapping[str, Callable[[Cadence], bool]] = {
    "consent": lambda _cadence: True,
    "recycle": _has_reasons,
    "segments": lambda cadence: _enters_by(cadence, SegmentTrigger),
    "forms": lambda cadence: _enters_by(cadence, FormTrigger),
}
"""Policy → whether a cadence refers to it: its topic is one of consent's, its reasons to exit are
those of recycle, and leads enter it by segments and forms."""


def write_bundle(bundle: Bundle) -> bytes:
    """The archive.

    Raises:
        Invalid: the cadence and its mails are more than a bundle holds.
    """
    packed = io.BytesIO()
    entries = [
        BundleEntry(kind=one.kind, name=one.name, version=one.version, sha256=_hash(one.text))
        for one in bundle.files
    ]
    _refuse_too_much(bundle.files)
    manifest = Manifest(cadence=bundle.cadence, version=bundle.version, files=tuple(entries))
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, MANIFEST, json.dumps(manifest.model_dump(mode="json"), indent=1) + "\n")
        for entry, one in zip(entries, bundle.files, strict=True):
            _add(archive, entry.path, one.text)
    made = packed.getvalue()
    if len(made) > MOST_BYTES:
        raise _too_much()
    return made


def read_bundle(data: bytes) -> Bundle:
    """What is in an archive.

    Raises:
        Invalid: it is no bundle, is damaged, holds more than a bundle may, or something that its
            manifest does not name.
    """
    if len(data) > MOST_BYTES:
        raise _too_much()
    with _damage_told():
        archive = zipfile.ZipFile(io.BytesIO(data))
    members: dict[str, zipfile.ZipInfo] = {}
    for one in archive.infolist():
        if one.filename.endswith("/"):
            continue
        if one.filename in members or len(members) > MOST_FILES:
            raise _unexpected(one.filename)
        members[one.filename] = one
    left = MOST_UNPACKED
    manifest = _manifest(_unpacked(archive, members, MANIFEST, left))
    files = []
    for entry in manifest.files:
        _before, _after, fits = _PATHS[entry.kind]
        if not re.fullmatch(fits, entry.name):
            raise _unexpected(entry.path)
        content = _unpacked(archive, members, entry.path, left)
        left -= len(content)
        text = _text(content, entry.path)
        if _hash(text) != entry.sha256:
            raise Invalid(
                sentence(
                    "{file} is not what the bundle's manifest says: it was changed or damaged. "
                    "Export it again.",
                    file=entry.path,
                ),
                "file",
            )
        files.append(BundleFile(entry.kind, entry.name, entry.version, text))
    _refuse_too_much(files)
    paths = [entry.path for entry in manifest.files]
    if extra := sorted({*members} - {MANIFEST, *paths}):
        raise _unexpected(extra[0])
    if len(set(paths)) < len(paths):
        raise _unexpected(next(path for path in paths if paths.count(path) > 1))
    if (BundleKind.CADENCE, manifest.cadence) not in {(one.kind, one.name) for one in files}:
        raise _unexpected(MANIFEST)
    return Bundle(manifest.cadence, manifest.version, tuple(files))


@contextmanager
def _damage_told() -> Iterator[None]:
    try:
        yield
    except _DAMAGED as broken:
        raise Invalid(
            sentence(
                "This is no bundle, or it is damaged: export it again with {command}.",
                command="starter.py cadence export",
            ),
            "file",
        ) from broken


def _unpacked(
    archive: zipfile.ZipFile, members: Mapping[str, zipfile.ZipInfo], path: str, left: int
) -> bytes:
    """The content of a file, read no further than it may go, whatever its header says."""
    member = members.get(path)
    if member is None:
        raise Invalid(sentence("The bundle has no {file}: export it again.", file=path), "file")
    if member.compress_type not in _HELD or member.flag_bits & 0x1:
        raise _unexpected(path)
    most = min(LONGEST_FILE, left)
    with _damage_told(), archive.open(member) as file:
        content = file.read(most + 1)
    if len(content) > most:
        raise _too_much()
    return content


def _manifest(content: bytes) -> Manifest:
    try:
        return Manifest.model_validate_json(content)
    except ValidationError as wrong:
        first = wrong.errors()[0]
        where = ".".join(str(one) for one in first["loc"]) or MANIFEST
        raise Invalid(
            sentence(
                "The bundle's manifest can't be read ({where}): export it again, with the same "
                "version of Perennial as here.",
                where=where[:100],
            ),
            "file",
        ) from None


def _text(content: bytes, path: str) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise Invalid(sentence("{file} is not UTF-8.", file=path), "file") from None


def _add(archive: zipfile.ZipFile, path: str, text: str) -> None:
    member = zipfile.ZipInfo(path, _TIME)
    member.compress_type = zipfile.ZIP_DEFLATED
    member.external_attr = 0o644 << 16
    archive.writestr(member, text.encode())


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _unexpected(path: str) -> Invalid:
    return Invalid(
        sentence(
            "The bundle has something that does not belong there: {file}. Export it again.",
            file=path[:100],
        ),
        "file",
    )


def _refuse_too_much(files: Sequence[BundleFile]) -> None:
    """The same is refused as is written and as is read: what is exported can be imported."""
    sizes = [len(one.text.encode()) for one in files]
    if (
        len(files) > MOST_FILES
        or max(sizes, default=0) > LONGEST_FILE
        or sum(sizes) > MOST_UNPACKED
        or sum(len(one.text) for one in files) > MOST_CHARACTERS
    ):
        raise _too_much()


def _too_much() -> Invalid:
    return Invalid(
        sentence(
            "That is more than a bundle holds: {files} files, {characters} characters, {size} KB "
            "packed.",
            files=MOST_FILES,
            characters=f"{MOST_CHARACTERS:,}",
            size=MOST_BYTES // 1000,
        ),
        "file",
    )


def parts_included(sources: Iterable[str], parts: Mapping[str, str]) -> list[str]:
    """The names of the parts that these templates include, and those that these include."""
    found: dict[str, None] = {}
    waiting = list(sources)
    while waiting:
        source = waiting.pop()
        for included in _INCLUDE.findall(source):
            name = part_named(included, parts)
            if name is not None and name not in found:
                found[name] = None
                waiting.append(parts[name])
    return sorted(found)


_INCLUDE = re.compile(r"""<mj-include\b[^>]*\bpath\s*=\s*["']([^"']+)["']""")
