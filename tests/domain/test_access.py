"""Who may do what, as people read it."""

from __future__ import annotations

from domain.access import ALLOWED, Role
from settings import ROOT


def test_the_page_for_people_has_the_table_that_holds() -> None:
    """Somebody would be given a role for what it may not do, or one that may do too much."""
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    lines = [
        f"| {action} | " + " | ".join("yes" if role in roles else "" for role in Role) + " |"
        for action, roles in ALLOWED.items()
    ]

    assert "\n".join(lines) in page
