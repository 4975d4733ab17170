"""Uploaded images: what gets into mails is a picture and nothing else."""

from __future__ import annotations

import hashlib
import io
import struct
import zlib

import pytest
from PIL import Image

from domain.email.images import LONGEST_SIDE, MOST_BYTES, MOST_FRAMES, clean_image
from domain.refusals import Invalid
from tests.support.pictures import picture

SECRET = b"GPS 52.5200 N, 13.4050 E"


def frames(kind: str, number: int, size: tuple[int, int] = (8, 6)) -> bytes:
    all_of_them = [Image.new("RGB", size, (at * 7 % 256, 0, at % 256)) for at in range(number)]
    out = io.BytesIO()
    all_of_them[0].save(
        out, kind, save_all=True, append_images=all_of_them[1:], duration=50, loop=0
    )
    return out.getvalue()


def chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png_that_says(width: int, height: int) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    body = zlib.compress(b"\0" * 1000)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
    )


def exif(orientation: int = 1) -> bytes:
    noted = Image.Exif()
    noted[0x0112] = orientation
    noted[0x010E] = SECRET.decode()
    gps = noted.get_ifd(0x8825)
    gps[1], gps[2] = "N", (52.0, 31.0, 12.0)
    return noted.tobytes()


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (picture("PNG"), "png"),
        (picture("PNG", mode="RGBA"), "png"),
        (picture("PNG", mode="L"), "png"),
        (picture("JPEG"), "jpg"),
        (picture("JPEG", mode="CMYK"), "jpg"),
        (picture("GIF"), "gif"),
        (picture("WEBP"), "jpg"),
        (picture("WEBP", mode="RGBA"), "png"),
    ],
    ids=["png", "transparent", "grey", "jpeg", "print", "gif", "webp", "webp-transparent"],
)
def test_every_kind_of_image_becomes_one_that_mail_programs_show(data: bytes, kind: str) -> None:
    """Outlook shows no WebP, and no JPEG made for print: its readers would see a gap."""
    clean = clean_image(data)

    assert (clean.kind, clean.width, clean.height) == (kind, 8, 6)
    with Image.open(io.BytesIO(clean.content)) as shown:
        assert shown.format == {"png": "PNG", "jpg": "JPEG", "gif": "GIF"}[kind]
        assert shown.mode in {"RGB", "RGBA", "L", "P"}
    assert clean.name == f"{hashlib.sha256(clean.content).hexdigest()}.{kind}"
    assert clean_image(data).name == clean.name, "the same picture is kept once"


@pytest.mark.parametrize(
    "data",
    [
        picture("JPEG", exif=exif(), comment=SECRET),
        picture("JPEG", exif=exif(6), comment=SECRET),
        picture("PNG", exif=exif()),
        picture("WEBP", exif=exif(), xmp=b"<x:xmpmeta>" + SECRET + b"</x:xmpmeta>"),
        picture("GIF", comment=SECRET),
        picture("PNG")[:-12] + chunk(b"tEXt", b"Comment\0" + SECRET) + chunk(b"IEND", b""),
        picture("PNG") + SECRET,
        picture("JPEG") + SECRET,
        picture("GIF") + b"<script>" + SECRET,
        picture("JPEG", icc_profile=SECRET * 20),
    ],
    ids=["jpeg", "turned", "png", "webp", "gif", "text", "behind", "behind2", "html", "profile"],
)
def test_what_a_camera_noted_and_what_was_hidden_goes(data: bytes) -> None:
    """Else everybody who gets the mail knows where the marketer lives, and a file that is a page
    as well as a picture is handed out under the company's name."""
    content = clean_image(data).content

    assert SECRET not in content
    assert b"<script" not in content
    with Image.open(io.BytesIO(content)) as shown:
        assert not shown.getexif()


def test_a_photo_that_was_held_upright_stays_so() -> None:
    """How it was held stands in what is taken away: it would lie on its side."""
    assert (clean_image(picture("JPEG", exif=exif(6))).width) == 6


def test_animations_keep_their_frames() -> None:
    """Else a moving banner stands still."""
    clean = clean_image(frames("GIF", 4))

    with Image.open(io.BytesIO(clean.content)) as shown:
        assert getattr(shown, "n_frames", 1) == 4


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "Choose an image."),
        (b"<svg xmlns='http://www.w3.org/2000/svg' onload='a()'/>", "SVG can run scripts"),
        (b"\xef\xbb\xbf<?xml version='1.0'?><svg/>", "SVG can run scripts"),
        (b"%PDF-1.7 ...", "no image that mails can have"),
        (b"GIF89a<script>alert(1)</script>", "no image that mails can have"),
        (b"\x89PNG\r\n\x1a\n", "no image that mails can have"),
        (picture("PNG")[:40], "no image that mails can have"),
        (picture("JPEG", (600, 600))[:200], "no image that mails can have"),
        (picture("BMP"), "no image that mails can have"),
        (picture("TIFF"), "no image that mails can have"),
        (picture("PNG") + b"\0" * MOST_BYTES, "may have 2 MB"),
        (png_that_says(60_000, 60_000), "far more pixels"),
        (png_that_says(LONGEST_SIDE + 1, 1), "pixels"),
        (png_that_says(4_000, 4_000), "4000 × 4000 pixels"),
        (png_that_says(3_000, 3_000), "no image that mails can have"),
        (frames("GIF", MOST_FRAMES + 1), "frames"),
        (frames("GIF", 17, (1_750, 1_750)), "frames"),
        (frames("WEBP", 3), "animations as GIF only"),
        (frames("PNG", 3), "animations as GIF only"),
    ],
    ids=range(19),
)
def test_what_is_no_image_or_too_large_is_refused_before_it_costs_memory(
    data: bytes, said: str
) -> None:
    """Else one small file could take the memory of the web app, or stand in mails as a gap."""
    with pytest.raises(Invalid) as refused:
        clean_image(data)

    assert said in str(refused.value)
    assert refused.value.field == "file"
