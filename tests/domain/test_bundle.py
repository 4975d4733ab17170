"""Archives of cadences: what is written is read again, and what anybody may send does no harm."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.checking import bundle
from domain.checking.bundle import (
    LONGEST_FILE,
    MOST_BYTES,
    Bundle,
    BundleFile,
    BundleKind,
    parts_included,
    read_bundle,
    write_bundle,
)
from domain.refusals import Invalid

BUNDLE = Bundle(
    "welcome",
    3,
    (
        BundleFile(BundleKind.CADENCE, "welcome", 3, "cadence: welcome\n# 안녕\n"),
        BundleFile(BundleKind.POLICY, "consent", 1, "policy: consent\n"),
        BundleFile(BundleKind.TEMPLATE, "hello.en", 2, "<mjml></mjml>\r\n"),
        BundleFile(BundleKind.PART, "_footer.en", 0, "<mj-text></mj-text>"),
    ),
)
TEXT = "cadence: welcome\n"


def packed(*files: tuple[str, bytes], manifest: Any = None) -> bytes:
    """An archive with these files; of ``manifest`` None one that names the cadence alone."""
    if manifest is None:
        manifest = said("cadence", "welcome", TEXT)
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", json.dumps(manifest))
        for path, content in files:
            archive.writestr(path, content)
    return made.getvalue()


def said(kind: str, name: str, text: str, **more: Any) -> dict[str, Any]:
    """A manifest of one file."""
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    entry = {"kind": kind, "name": name, "version": 1, "sha256": sha256}
    return {"bundle": 1, "cadence": "welcome", "version": 1, "files": [entry]} | more


def test_what_was_written_is_read_again_and_the_same_makes_the_same_bytes() -> None:
    """Else a bundle under version control would differ each time, or carry something else."""
    data = write_bundle(BUNDLE)

    assert read_bundle(data) == BUNDLE
    assert write_bundle(BUNDLE) == data
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert archive.namelist() == [
            "manifest.json",
            "cadences/welcome.yaml",
            "policies/consent.yaml",
            "templates/hello.en.mjml",
            "templates/_footer.en.mjml",
        ]


CADENCE = ("cadences/welcome.yaml", TEXT.encode())


def archive_of(files: dict[str, str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    """An archive of whatever files."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for path, content in files.items():
            archive.writestr(path, content)
    return made.getvalue()


def twice() -> bytes:
    """An archive with a file twice."""
    made = io.BytesIO(packed(CADENCE))
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(made, "a") as archive:
        archive.writestr(*CADENCE)
    return made.getvalue()


BAD: dict[str, Callable[[], bytes]] = {
    "no archive": lambda: b"PK\x03\x04 and then nothing",
    "nothing": lambda: b"",
    "too large": lambda: b"\0" * (MOST_BYTES + 1),
    "cut off": lambda: write_bundle(BUNDLE)[:-40],
    "without a manifest": lambda: archive_of({"cadences/welcome.yaml": TEXT}),
    "a manifest of another form": lambda: packed(CADENCE, manifest={"bundle": 2}),
    "a manifest that is no object": lambda: packed(CADENCE, manifest=[1]),
    "of another cadence": lambda: packed(
        CADENCE, manifest=said("cadence", "welcome", TEXT, cadence="other")
    ),
    "something more": lambda: packed(CADENCE, ("readme.txt", b"")),
    "a path that climbs out": lambda: packed(
        ("cadences/../../etc/passwd.yaml", TEXT.encode()),
        manifest=said("cadence", "../../etc/passwd", TEXT),
    ),
    "a path from the root": lambda: packed(CADENCE, ("/etc/passwd", b"")),
    "a name twice": twice,
    "a file that is not there": packed,
    "another text than was written": lambda: packed(("cadences/welcome.yaml", b"cadence: other\n")),
    "no UTF-8": lambda: packed(("cadences/welcome.yaml", b"\xff\xfe")),
    "a file that unpacks to very much": lambda: packed(
        ("cadences/welcome.yaml", b"#" * (LONGEST_FILE + 1))
    ),
    "a manifest that unpacks to very much": lambda: archive_of({"manifest.json": " " * 5_000_000}),
    "a name with a line break": lambda: packed(
        CADENCE, manifest=said("cadence", "welcome\n", TEXT)
    ),
    "a method of packing that needs much": lambda: archive_of(
        {"manifest.json": json.dumps(said("cadence", "welcome", TEXT)), CADENCE[0]: TEXT},
        zipfile.ZIP_LZMA,
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_what_is_no_bundle_is_refused(what: str) -> None:
    """What somebody sends would be written elsewhere, fill the memory, or be half taken."""
    with pytest.raises(Invalid) as refused:
        read_bundle(BAD[what]())

    assert refused.value.field == "file"
    assert str(refused.value).endswith((".", "packed."))


@pytest.mark.parametrize("fault", [KeyError, ValueError, RuntimeError, OSError])
@pytest.mark.parametrize("where", ["_manifest", "_hash"])
def test_a_fault_of_ours_is_not_told_as_a_damaged_archive(
    monkeypatch: pytest.MonkeyPatch, where: str, fault: type[Exception]
) -> None:
    """People would export a sound bundle again and again, and nobody would hear of the fault."""
    data = write_bundle(BUNDLE)

    def fail(_content: object) -> None:
        raise fault

    monkeypatch.setattr(bundle, where, fail)
    with pytest.raises(fault):
        read_bundle(data)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_a_damaged_bundle_is_refused_or_says_what_it_said(data: st.DataObject) -> None:
    """A bundle that was damaged on its way would publish half a cadence, or end in an error."""
    whole = bytearray(write_bundle(BUNDLE))
    for _ in range(data.draw(st.integers(1, 4))):
        whole[data.draw(st.integers(0, len(whole) - 1))] = data.draw(st.integers(0, 255))

    try:
        found = read_bundle(bytes(whole))
    except Invalid:
        return
    assert {one.text for one in found.files} <= {one.text for one in BUNDLE.files}


def test_too_much_is_not_written() -> None:
    """It could not be read anywhere."""
    noise = "".join(hashlib.sha256(str(n).encode()).hexdigest() for n in range(20_000))
    large = BundleFile(BundleKind.TEMPLATE, "large.en", 1, noise)

    with pytest.raises(Invalid):
        write_bundle(Bundle("welcome", 1, (large,)))


@pytest.mark.parametrize(
    ("files", "text"), [(101, "a"), (5, "a" * 450_000), (1, "a" * 500_001), (9, "안" * 150_000)]
)
def test_more_than_is_published_at_once_is_neither_written_nor_read(files: int, text: str) -> None:
    """Checking a small archive of much text would keep everybody else waiting."""
    entries = [said("template", f"hello-{n}.en", text)["files"][0] for n in range(files)]
    manifest = said("cadence", "welcome", TEXT)
    manifest["files"] += entries
    texts = [(f"templates/hello-{n}.en.mjml", text.encode()) for n in range(files)]
    mails = [BundleFile(BundleKind.TEMPLATE, f"hello-{n}.en", 1, text) for n in range(files)]

    with pytest.raises(Invalid):
        read_bundle(packed(("cadences/welcome.yaml", TEXT.encode()), *texts, manifest=manifest))
    with pytest.raises(Invalid):
        write_bundle(Bundle("welcome", 1, tuple(mails)))


def test_parts_that_parts_include_go_along() -> None:
    """A part that is missing elsewhere could not be looked up."""
    parts = {
        "_head.mjml": '<mj-include path="_logo.mjml" />',
        "_logo.mjml": '<mj-include path="_head.mjml" />',
        "_other.mjml": "",
    }

    assert parts_included(['<mj-include path="_head.mjml"/>'], parts) == [
        "_head.mjml",
        "_logo.mjml",
    ]
