"""Images as people have them, made for tests."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image


def picture(kind: str, size: tuple[int, int] = (8, 6), mode: str = "RGB", **saved: Any) -> bytes:
    """A file of this kind (Pillow's name for it) in one colour."""
    made = Image.new(mode, size, (200, 30, 30, 128)[: len(mode)] if mode != "P" else 1)
    out = io.BytesIO()
    made.save(out, kind, **saved)
    return out.getvalue()
