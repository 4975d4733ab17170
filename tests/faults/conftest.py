"""Fixtures of other rooms that these tests need too."""

from __future__ import annotations

from tests.web.conftest import make_site

__all__ = ["make_site"]
