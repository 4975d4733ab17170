"""Which account people at a mail domain belong to."""

from __future__ import annotations

import pytest

from domain.contacts.account_matching import (
    SURE,
    AccountEvidence,
    AccountKnown,
    company_of,
    matches,
)


def known(name: str, domain: str = "", colleagues: int = 0, number: int = 1) -> AccountKnown:
    """An account."""
    return AccountKnown(number, name, domain, colleagues)


@pytest.mark.parametrize(
    ("account", "why", "sure"),
    [
        (known("Acme", "acme.example"), AccountEvidence.DOMAIN, True),
        (known("Hafen AG", colleagues=5), AccountEvidence.COLLEAGUES, True),
        (known("Hafen AG", colleagues=1), AccountEvidence.COLLEAGUES, False),
        (known("ACME Inc."), AccountEvidence.NAME, False),
    ],
)
def test_what_says_that_they_belong_to_an_account(
    account: AccountKnown, why: AccountEvidence, sure: bool
) -> None:
    """A lead would be sold to by another account's rep."""
    (found,) = matches("acme.example", [account])

    assert (found.why, found.confidence >= SURE) == (why, sure)


def test_a_part_of_a_companys_domain_is_asked_about() -> None:
    """A subsidiary may be a customer of its own."""
    (found,) = matches("de.acme.example", [known("Acme", "acme.example")])

    assert (found.why, found.confidence >= SURE) == (AccountEvidence.SUBDOMAIN, False)


def test_two_accounts_that_are_as_likely_are_asked_about() -> None:
    """Where a company is there twice, nobody can tell whose the lead is."""
    two = [known("Acme", "acme.example"), known("Acme East", "acme.example", number=2)]

    assert [one.confidence >= SURE for one in matches("acme.example", two)] == [False, False]


def test_a_mail_provider_is_no_company() -> None:
    """All of gmail.com would be one account."""
    assert matches("gmail.com", [known("Gmail", "gmail.com", 99)]) == []
    assert company_of("gmail.com") == ""


@pytest.mark.parametrize(
    ("domain", "name"),
    [
        ("lindenmoor.example", "Lindenmoor"),
        ("mail.never-seen.example", "Never Seen"),
        ("acme.co.uk", "Acme"),
        ("samsung.co.kr", "Samsung"),
    ],
)
def test_a_company_may_be_called_as_its_domain_is(domain: str, name: str) -> None:
    """Whoever makes the account would have to type it."""
    assert company_of(domain) == name
