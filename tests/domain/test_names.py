"""What people type to name a lead or an account."""

from __future__ import annotations

import pytest

from domain.names import id_named


@pytest.mark.parametrize(
    ("typed", "number"),
    [
        ("42", 42),
        (" lead-42 ", 42),
        ("account-42", 0),
        ("ada@lovelace.example", 0),
        ("²", 0),
        ("٣", 0),
        ("9" * 19, 0),
        ("-1", 0),
        ("", 0),
    ],
)
def test_an_id_is_known_with_and_without_its_kind(typed: str, number: int) -> None:
    """A slip would end in a crash, or at somebody else's lead."""
    assert id_named(typed, "lead") == number
