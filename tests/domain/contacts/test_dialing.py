"""The address of a softphone as an admin writes it: a mistake would show when somebody calls."""

from __future__ import annotations

import pytest

from domain.contacts.dialing import wrong_template


@pytest.mark.parametrize(
    ("template", "wrong"),
    [
        ("https://phone.example/?to={phone}&s={signature}", ""),
        ("sip:{phone};sign={signature}", ""),
        ("softphone://call/{phone}/{task}/{rep}/{expires}/{signature}", ""),
        ("phone.example/{phone}/{signature}", "scheme"),
        ("javascript:alert({phone}+{signature})", "scheme"),
        ("https://phone.example/{phone}", "{signature} is missing"),
        ("https://phone.example/{phone}/{signature}/{lead}", "there is no {lead}"),
        ("https://phone.example/{phone.__class__}/{signature}", "there is no {phone.__class__}"),
        ("https://phone.example/{phone!r}/{signature}", "nothing else"),
        ("https://phone.example/{phone}/{signature", "never closed"),
    ],
)
def test_only_an_address_that_opens_a_softphone_is_taken(template: str, wrong: str) -> None:
    found = wrong_template(template)

    assert wrong in found
    assert bool(found) == bool(wrong)
