"""Which account a lead belongs to, by the domain of its address and the names that are known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from domain.contacts.companies import company_domain, company_key

SURE = 90
"""From this confidence on, in per cent, a lead goes to its account without being asked about."""
_SHORTEST_NAME = 4
_CLEAR_MAJORITY = 0.8


class AccountEvidence(StrEnum):
    """What says that people at a mail domain belong to an account, most surely first."""

    DOMAIN = "domain"
    """It is the account's own."""
    SUBDOMAIN = "subdomain"
    """It is below the account's own, or above it."""
    COLLEAGUES = "colleagues"
    """Others with such an address belong to it."""
    NAME = "name"
    """The account is called as the domain is."""


@dataclass(frozen=True)
class AccountKnown:
    """An account that people at a domain may belong to, and how many with such an address do."""

    id: int
    name: str
    domain: str
    colleagues: int


@dataclass(frozen=True)
class AccountMatch:
    """An account that may be meant: how sure that is, in per cent, and by what."""

    account_id: int
    name: str
    confidence: int
    why: AccountEvidence


def company_of(mail_domain: str) -> str:
    """What a company with this mail domain may be called; '' where anybody has an address."""
    domain = company_domain(mail_domain)
    labels = domain.split(".")
    known = labels[-3] if len(labels) > 2 and len(labels[-2]) <= 3 else labels[0]
    if len(labels) > 2 and len(labels[-2]) > 3:
        known = labels[-2]
    return known.replace("-", " ").title() if domain else ""


def matches(mail_domain: str, accounts: Sequence[AccountKnown]) -> list[AccountMatch]:
    """The accounts that people at a mail domain may belong to, the likeliest first; none at a
    provider where anybody has an address.

    Args:
        accounts: those with this domain or one above or below it, those of colleagues, and those
            whose name is like the domain's.
    """
    domain = company_domain(mail_domain)
    if not domain:
        return []
    everybody = sum(account.colleagues for account in accounts)
    found = [one for account in accounts if (one := _match(domain, account, everybody))]
    found.sort(key=lambda one: (-one.confidence, one.account_id))
    if len(found) > 1 and found[0].confidence - found[1].confidence < 10:
        # Two that are as likely: somebody has to say which.
        return [
            AccountMatch(one.account_id, one.name, min(one.confidence, SURE - 1), one.why)
            for one in found
        ]
    return found


def _match(domain: str, account: AccountKnown, everybody: int) -> AccountMatch | None:
    own = company_domain(account.domain)
    named = company_key(company_of(domain)).replace(" ", "")
    called = company_key(account.name).replace(" ", "").replace("-", "")
    share = account.colleagues / everybody if everybody else 0.0
    if own == domain:
        said = (100, AccountEvidence.DOMAIN)
    elif account.colleagues > 1 and share >= _CLEAR_MAJORITY:
        said = (95, AccountEvidence.COLLEAGUES)
    elif own and (domain.endswith(f".{own}") or own.endswith(f".{domain}")):
        said = (80, AccountEvidence.SUBDOMAIN)
    elif account.colleagues:
        said = (50 + round(30 * share), AccountEvidence.COLLEAGUES)
    elif not own and len(named) >= _SHORTEST_NAME and named == called:
        said = (70, AccountEvidence.NAME)
    else:
        return None
    return AccountMatch(account.id, account.name, *said)
