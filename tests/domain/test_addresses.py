"""Addresses with domains beyond ASCII: the right server, and one person each."""

from __future__ import annotations

import pytest

from domain.email.addresses import address_key
from domain.email.message import MailError, mailbox
from domain.lead_files.row import checked_email


@pytest.mark.parametrize(
    ("written", "host"),
    [
        ("straße.example", "xn--strae-oqa.example"),
        ("faß.example", "xn--fa-hia.example"),
        ("βόλος.example", "xn--nxasmm1c.example"),
        ("क्\u200dष.example", "xn--11b2ezcw70k.example"),
        ("نامه\u200cای.example", "xn--mgba3gch31f060k.example"),
        ("BÜCHER.example", "xn--bcher-kva.example"),
        ("bu\u0308cher.example", "xn--bcher-kva.example"),
        ("Ｅxample.example", "example.example"),
        ("한국.example", "xn--3e0b707e.example"),
        ("xn--strae-oqa.example", "xn--strae-oqa.example"),
        ("Acme.example", "Acme.example"),
        ("under_score.example", "under_score.example"),
    ],
)
def test_mail_goes_to_the_domain_that_was_written(written: str, host: str) -> None:
    """If this failed, a signed booking link would go to whoever owns the domain with ss."""
    assert mailbox(f"vic@{written}") == f"vic@{host}"


@pytest.mark.parametrize("domain", ["-a.example", "ü..example", "ü" * 70, "a b.example", "ü-.ex"])
def test_what_can_be_no_host_gets_no_mail(domain: str) -> None:
    """If this failed, an error would end the activity instead of the touch."""
    with pytest.raises(MailError):
        mailbox(f"vic@{domain}ü")


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Vic@Acme.example", "vic@acme.example", True),
        ("vic@straße.example", "vic@xn--strae-oqa.example", True),
        ("vic@straße.example", "vic@STRAßE.example", True),
        ("vic@bücher.example", "vic@bu\u0308cher.example", True),
        ("vic@BÜCHER.example", "vic@xn--bcher-kva.example", True),
        (" vic@acme.example ", "vic@acme.example", True),
        ("vic@straße.example", "vic@strasse.example", False),
        ("vic@faß.example", "vic@fass.example", False),
        ("vic@βόλος.example", "vic@βόλοσ.example", False),
        ("weiß@acme.example", "weiss@acme.example", False),
        ("no address", "NO ADDRESS", True),
    ],
)
def test_two_spellings_are_one_person_and_two_domains_are_two(
    one: str, other: str, same: bool
) -> None:
    """If this failed, an opt-out of one would stop the other's mail, or not be found again."""
    assert (address_key(one) == address_key(other)) is same


@pytest.mark.parametrize("address", ["vic@straße.example", "vic@faß.example", "vic@βόλος.example"])
def test_checking_an_address_leaves_its_domain_alone(address: str) -> None:
    """If this failed, an import would turn it into somebody else's address."""
    assert address_key(checked_email(address)) == address_key(address)
