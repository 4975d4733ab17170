"""Asks the DNS about the domains that our mail comes from."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

import dns.exception
import dns.resolver

from domain.email.addresses import host_of
from domain.sending import authentication
from domain.sending.authentication import Answer, DomainFindings, Level
from domain.sending.policy import domain_key
from domain.sentences import sentence
from health.checks import Check, State
from settings import Settings

QUERY_SECONDS = 2.0
KEPT_SECONDS = 900.0
"""For how long an answer holds; the DNS itself says about as much."""
KEPT_UNKNOWN_SECONDS = 60.0
TITLE = sentence("Sender domains")
SENDGRID_SELECTORS = ("s1", "s2")
USUAL_SELECTORS = ("default", "mail", "dkim", "selector1", "selector2", "google", "k1", "s1", "s2")
MOST_INCLUDES = 15
MOST_AT_ONCE = 32
_STATES = {
    Level.GOOD: State.OK,
    Level.UNKNOWN: State.UNKNOWN,
    Level.WARN: State.WARN,
    Level.BAD: State.WARN,
}


NAMES = {
    authentication.Topic.SPF: "SPF",
    authentication.Topic.DKIM: "DKIM",
    authentication.Topic.DMARC: "DMARC",
    authentication.Topic.MX: "MX",
    authentication.Topic.ONE_CLICK: "List-Unsubscribe",
}
"""What people call each; the same in every language."""


class Resolver(Protocol):
    """Who answers questions to the DNS."""

    def ask(self, name: str, kind: str) -> Answer:
        """The records of a kind (TXT, MX, A, AAAA) of a name; None when nobody answered."""


class DnsResolver:
    """Asks the servers of ``DNS_SERVERS``, or those of the system."""

    def __init__(self, servers: str = "") -> None:
        named = [one.strip() for one in servers.split(",") if one.strip()]
        self._resolver = dns.resolver.Resolver(configure=not named)
        self._resolver.lifetime = self._resolver.timeout = QUERY_SECONDS
        if named:
            hosts = [one.partition(":")[0] for one in named]
            ports = {one.partition(":")[2] for one in named} - {""}
            self._resolver.nameservers = hosts
            if ports:
                self._resolver.port = int(ports.pop())

    def ask(self, name: str, kind: str) -> Answer:
        """The records, in text; of MX their hosts."""
        try:
            found = self._resolver.resolve(host_of(name), kind)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return []
        except (dns.exception.DNSException, OSError, ValueError):
            return None
        if kind == "TXT":
            return [b"".join(one.strings).decode("utf-8", "replace") for one in found]
        if kind == "MX":
            hosts = [one.exchange.to_text() for one in found]
            return [host if host == "." else host.rstrip(".") for host in hosts]
        return [one.to_text() for one in found]


class SenderDomains:
    """What was found lately, for all who ask in this process."""

    def __init__(self, settings: Settings, resolver: Resolver | None = None) -> None:
        self._settings = settings
        self._made: Resolver | None = resolver
        self._lock = threading.Lock()
        self._found: Sequence[DomainFindings] = ()
        self._good_until = 0.0

    def found(self, *, again: bool = False) -> Sequence[DomainFindings]:
        """What there is of each domain, the company's first; none where mail goes nowhere. Asks
        when what is known is too old, or ``again``; blocks for some seconds at most."""
        if self._settings.email_channel == "outbox":
            return ()
        with self._lock:
            if again or time.monotonic() > self._good_until:
                self._found = self._look()
                unknown = any(one.level is Level.UNKNOWN for one in self._found)
                kept = KEPT_UNKNOWN_SECONDS if unknown else KEPT_SECONDS
                self._good_until = time.monotonic() + kept
            return self._found

    def _look(self) -> list[DomainFindings]:
        if self._made is None:
            try:
                self._made = DnsResolver(self._settings.dns_servers)
            except dns.exception.DNSException:
                # This machine has no DNS set up: nothing is known.
                self._made = _Nobody()
        company = domain_key(self._settings.email_from.rpartition("@")[2])
        others = {domain_key(one) for one in self._settings.sending_domains()} - {company}
        domains = [company, *sorted(others)]
        questions = [one for domain in domains for one in self._questions(domain)]
        with ThreadPoolExecutor(MOST_AT_ONCE) as pool:
            answers = dict(
                zip(
                    questions,
                    pool.map(self._made.ask, *zip(*questions, strict=True)),
                    strict=True,
                )
            )
        return [self._judged(one, answers, company=one == company) for one in domains]

    def _selectors(self) -> Sequence[str]:
        named = [one.strip() for one in self._settings.dkim_selectors.split(",") if one.strip()]
        usual = (
            SENDGRID_SELECTORS if self._settings.email_channel == "sendgrid" else USUAL_SELECTORS
        )
        return named or usual

    def _questions(self, domain: str) -> list[tuple[str, str]]:
        return [
            (domain, "TXT"),
            (domain, "MX"),
            (domain, "A"),
            *((f"{one}._domainkey.{domain}", "TXT") for one in self._selectors()),
            *((f"_dmarc.{one}", "TXT") for one in _with_parents(domain)),
        ]

    def _judged(
        self, domain: str, answers: Mapping[tuple[str, str], Answer], *, company: bool
    ) -> DomainFindings:
        settings, texts = self._settings, answers[domain, "TXT"]
        sendgrid = settings.email_channel == "sendgrid"
        ask = self._made.ask if self._made else _Nobody().ask
        findings = [
            authentication.spf(
                domain,
                texts,
                company=company,
                provider="include:sendgrid.net" if sendgrid else "",
                lookups=_lookups(ask, texts) if company and texts else None,
            ),
            authentication.dkim(
                domain,
                {one: answers[f"{one}._domainkey.{domain}", "TXT"] for one in self._selectors()},
                expected=sendgrid or bool(settings.dkim_selectors.strip()),
            ),
            authentication.dmarc(
                domain, [(one, answers[f"_dmarc.{one}", "TXT"]) for one in _with_parents(domain)]
            ),
            authentication.mx(domain, answers[domain, "MX"], answers[domain, "A"]),
        ]
        if company:
            findings.append(authentication.one_click(settings.web_url()))
        return DomainFindings(domain, company, tuple(findings))


class _Nobody:
    """No DNS at all."""

    def ask(self, _name: str, _kind: str) -> Answer:
        """Not known."""
        return None


def _with_parents(domain: str) -> list[str]:
    labels = domain.split(".")
    return [".".join(labels[place:]) for place in range(max(1, len(labels) - 1))]


def _lookups(ask: Callable[[str, str], Answer], texts: Sequence[str]) -> int | None:
    """How many questions an SPF record costs with those that it goes on with; None if some were
    not answered."""
    waiting, seen, number = authentication.spf_records(texts), set[str](), 0
    while waiting and len(seen) < MOST_INCLUDES:
        record = waiting.pop()
        number += authentication.lookups_of(record)
        for name in authentication.included(record):
            if name in seen or "%" in name:
                continue
            seen.add(name)
            found = ask(name, "TXT")
            if found is None:
                return None
            waiting += authentication.spf_records(found)
    return number


def check(domains: SenderDomains) -> Check:
    """Whether receivers can tell that our mail is ours."""
    found = domains.found()
    if not found:
        said = sentence("mail stays in the outbox: not looked at")
        return Check("sender_domains", TITLE, State.OK, said, figures={"domains": {}})
    order = list(Level)
    worst = max((one.level for one in found), key=order.index)
    figures = {
        "domains": {one.domain: {each.topic: each.level for each in one.findings} for one in found}
    }
    wrong = [
        sentence(
            "{domain}, {topic}: {said}", domain=one.domain, topic=NAMES[each.topic], said=each.said
        )
        for one in found
        for each in one.findings
        if each.level in (Level.WARN, Level.BAD)
    ]
    if not wrong:
        said = (
            sentence("the DNS did not answer all questions")
            if worst is Level.UNKNOWN
            else sentence("SPF, DKIM, DMARC and MX are as they should be")
        )
        return Check("sender_domains", TITLE, _STATES[worst], said, figures=figures)
    advice = sentence(
        "{first} The page *Deliverability guard* and `python starter.py sending domains` have all "
        "of it, with the records to add.",
        first=wrong[0],
    )
    said = sentence("{number} things to mend", number=len(wrong))
    return Check("sender_domains", TITLE, _STATES[worst], said, advice, figures)
