"""Images of mails: what people upload, made into what anybody may be sent.

Nothing of the file is kept but its picture: it is decoded and written anew. So what a camera notes
(places, times, names) goes, and so does whatever else was hidden in the file.
"""

from __future__ import annotations

import hashlib
import io
import threading
from dataclasses import dataclass

from PIL import Image, ImageOps, UnidentifiedImageError

from domain.refusals import Invalid
from domain.sentences import Sentence, sentence

MB = 1024 * 1024
MOST_BYTES = 2 * MB
LONGEST_SIDE = 4_096
"""Pixels."""
MOST_PIXELS = 12_600_000
"""Of all frames of an animation together four times as many."""
MOST_FRAMES = 200
LONGEST_ALT = 300
KINDS = {"png": "image/png", "jpg": "image/jpeg", "gif": "image/gif"}
"""How a name ends → media type."""

_FORMATS = ("PNG", "JPEG", "GIF", "WEBP")
_BROKEN = (UnidentifiedImageError, OSError, SyntaxError, ValueError, EOFError, MemoryError)
"""What Pillow raises over files that are no image, or half of one."""
_ONE_AT_A_TIME = threading.Lock()
"""A picture takes up to a hundred megabytes while it is made."""


@dataclass(frozen=True)
class CleanImage:
    """An image as it is kept: ``kind`` is one of :data:`KINDS`, sizes are pixels."""

    kind: str
    width: int
    height: int
    content: bytes

    @property
    def name(self) -> str:
        """Its name, which says what is in it: nobody can guess it, and it is never another's."""
        return f"{hashlib.sha256(self.content).hexdigest()}.{self.kind}"


def clean_image(data: bytes) -> CleanImage:
    """An uploaded file as it may be sent.

    Raises:
        Invalid: it is no PNG, JPEG, GIF or WebP, is damaged, or too large; ``field`` is ``file``.
    """
    if not data:
        raise _refused(sentence("Choose an image."))
    if len(data) > MOST_BYTES:
        raise too_large()
    start = data[:1024].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith((b"<?xml", b"<svg", b"<!doctype svg", b"<!--")):
        raise _refused(
            sentence(
                "An SVG can run scripts, and few mail programs show one: save it as a PNG, twice "
                "as wide as it is to be shown."
            )
        )
    with _ONE_AT_A_TIME:
        try:
            with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
                _refuse_large(image)
                kind, content = _written(image)
                size = _size_of(content)
        except (Image.DecompressionBombError, Image.DecompressionBombWarning):
            raise _refused(
                sentence("The image has far more pixels than any mail shows: make it smaller.")
            ) from None
        except _BROKEN:
            raise _refused(
                sentence(
                    "This is no image that mails can have, or it is damaged: choose a PNG, a "
                    "JPEG, a GIF or a WebP."
                )
            ) from None
    if len(content) > MOST_BYTES:
        raise too_large()
    return CleanImage(kind, *size, content)


def _size_of(content: bytes) -> tuple[int, int]:
    with Image.open(io.BytesIO(content)) as image:
        return image.size


def _refuse_large(image: Image.Image) -> None:
    """Before anything is decoded: a file of a few bytes may say that it is as large as a wall."""
    width, height = image.size
    if max(width, height) > LONGEST_SIDE or width * height > MOST_PIXELS:
        raise _refused(
            sentence(
                "The image has {width} × {height} pixels, which is more than any mail shows: 1,200 "
                "are enough for its width. Make it smaller.",
                width=width,
                height=height,
            )
        )
    frames = getattr(image, "n_frames", 1)
    if frames > MOST_FRAMES or frames * width * height > 4 * MOST_PIXELS:
        raise _refused(
            sentence(
                "The animation has {frames} frames, which is too many for its size: shorten it, "
                "or make it smaller.",
                frames=frames,
            )
        )


def _written(image: Image.Image) -> tuple[str, bytes]:
    """How the name of the new file ends, and what is in it."""
    out = io.BytesIO()
    animated = getattr(image, "n_frames", 1) > 1
    if image.format == "GIF":
        image.save(out, "GIF", save_all=animated, comment=b"")
        return "gif", out.getvalue()
    if animated and image.format in {"PNG", "WEBP"}:
        raise _refused(sentence("Mail programs show animations as GIF only: save it as one."))
    lossy = image.format in {"JPEG", "MPO"} or (image.format == "WEBP" and not _transparent(image))
    if not lossy:
        kept = _upright(image)
        if image.format == "WEBP":
            kept = kept.convert("RGBA")
        kept.info = {"transparency": image.info["transparency"]} if _has_key(image) else {}
        kept.save(out, "PNG", optimize=kept.width * kept.height < MB)
        return "png", out.getvalue()
    turned = image.getexif().get(0x0112, 1) != 1
    if image.format == "JPEG" and not turned and image.mode in {"RGB", "L"}:
        image.info = {"icc_profile": image.info.get("icc_profile")}
        # The tables it was written with: nothing is lost that was not before.
        image.save(out, "JPEG", quality="keep", optimize=True)
    else:
        kept = _upright(image)
        profile = image.info.get("icc_profile") if kept.mode == "RGB" else None
        kept = kept.convert("RGB")
        kept.info = {}
        kept.save(out, "JPEG", quality=90, optimize=True, icc_profile=profile)
    return "jpg", out.getvalue()


def _upright(image: Image.Image) -> Image.Image:
    """A copy as it is to be looked at: how the camera was held stands in what is not kept."""
    turned: Image.Image = ImageOps.exif_transpose(image)
    return turned


def _transparent(image: Image.Image) -> bool:
    return image.mode in {"RGBA", "LA", "PA"} or "transparency" in image.info


def _has_key(image: Image.Image) -> bool:
    """Whether transparency is one colour of its own, which is not part of the pixels."""
    return image.format == "PNG" and "transparency" in image.info


def _refused(said: Sentence) -> Invalid:
    return Invalid(said, "file")


def too_large() -> Invalid:
    """The refusal of a file that has too many bytes."""
    return _refused(
        sentence(
            "An image may have {size} MB: make it smaller, or save it as a JPEG.",
            size=MOST_BYTES // MB,
        )
    )
