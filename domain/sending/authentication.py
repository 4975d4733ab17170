"""What the DNS says of a domain that our mail comes from: SPF (RFC 7208), DKIM (RFC 6376), DMARC
(RFC 7489, RFC 9989), MX (RFC 5321, RFC 7505), and whether one-click unsubscribing can work
(RFC 8058). Of each what is wrong, and the record to add.

What could not be asked is not known, and never counts as wrong.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from domain.sentences import Sentence, sentence

Answer = Sequence[str] | None
"""What a question to the DNS gives: records, none, or None when nobody answered."""
MOST_LOOKUPS = 10
"""RFC 7208 4.6.4: receivers give up on a longer SPF record."""
_LOOKUPS = re.compile(r"^[+?~-]?(include:|a(?:[:/]|$)|mx(?:[:/]|$)|ptr(?::|$)|exists:)|^redirect=")


class Level(StrEnum):
    """How a thing stands, the worst last."""

    GOOD = "good"
    UNKNOWN = "unknown"
    WARN = "warn"
    BAD = "bad"


class Topic(StrEnum):
    """What a finding is of."""

    SPF = "spf"
    DKIM = "dkim"
    DMARC = "dmarc"
    MX = "mx"
    ONE_CLICK = "one_click"


@dataclass(frozen=True)
class DnsRecord:
    """A record to add."""

    name: str
    type: str
    value: str


@dataclass(frozen=True)
class Finding:
    """What was found of one thing, and what to do about it. ``seen`` are the records there are."""

    topic: Topic
    level: Level
    said: Sentence
    record: DnsRecord | None = None
    seen: tuple[str, ...] = ()


@dataclass(frozen=True)
class DomainFindings:
    """All that was found of a domain; ``company`` whether mail comes back to it."""

    domain: str
    company: bool
    findings: tuple[Finding, ...]

    @property
    def level(self) -> Level:
        """The worst of all."""
        order = list(Level)
        return max((one.level for one in self.findings), key=order.index, default=Level.GOOD)


def _not_known(topic: Topic, name: str) -> Finding:
    said = sentence("The DNS did not answer for {name}: look again later.", name=name)
    return Finding(topic, Level.UNKNOWN, said)


def spf_records(texts: Sequence[str]) -> list[str]:
    """The SPF records among TXT records."""
    return [one for one in texts if one.lower() == "v=spf1" or one.lower().startswith("v=spf1 ")]


def included(record: str) -> list[str]:
    """The domains whose SPF records a record goes on with."""
    return re.findall(r"(?:include:|redirect=)([^\s]+)", record, re.IGNORECASE)


def lookups_of(record: str) -> int:
    """How many questions to the DNS a record costs by itself."""
    return sum(_LOOKUPS.match(term.lower()) is not None for term in record.split()[1:])


def spf(
    domain: str, texts: Answer, *, company: bool, provider: str, lookups: int | None = None
) -> Finding:
    """Whether receivers may take mail that comes back to this domain for ours.

    Args:
        company: whether mail comes back to it: of other domains SPF is not asked.
        provider: what the record must name, such as ``include:sendgrid.net``; '' if nobody knows.
        lookups: how many the record costs with those it goes on with; None if nobody knows.
    """
    topic = Topic.SPF
    if not company:
        said = sentence(
            "Not needed: mail from {domain} comes back to the company's domain, so that DKIM alone "
            "aligns it.",
            domain=domain,
        )
        return Finding(topic, Level.GOOD, said)
    if texts is None:
        return _not_known(topic, domain)
    found = spf_records(texts)
    wanted = DnsRecord(domain, "TXT", f"v=spf1 {provider or 'mx'} ~all")
    if not found:
        said = sentence("{domain} has no SPF record: add one.", domain=domain)
        return Finding(topic, Level.BAD, said, wanted)
    if len(found) > 1:
        said = sentence(
            "{domain} has several SPF records, which is as good as none: make one of them.",
            domain=domain,
        )
        return Finding(topic, Level.BAD, said, seen=tuple(found))
    (record,) = found
    terms = record.lower().split()
    if "+all" in terms or "all" in terms:
        said = sentence(
            "The SPF record lets the whole world send as {domain}: end it with ~all.", domain=domain
        )
        return Finding(topic, Level.BAD, said, seen=(record,))
    if lookups is not None and lookups > MOST_LOOKUPS:
        said = sentence(
            "The SPF record asks the DNS {number} times, and receivers give up after {most}: take "
            "out what sends no mail any more.",
            number=lookups,
            most=MOST_LOOKUPS,
        )
        return Finding(topic, Level.BAD, said, seen=(record,))
    if provider and provider.lower() not in terms:
        better = re.sub(r"\s+([~?-]all|redirect=\S+)\s*$", rf" {provider} \1", record)
        said = sentence(
            "The SPF record does not name the provider. Add {term}, unless mail comes back to a "
            "domain of the provider's.",
            term=provider,
        )
        return Finding(topic, Level.WARN, said, DnsRecord(domain, "TXT", better), (record,))
    return Finding(topic, Level.GOOD, sentence("There is one, and it is in order."), seen=(record,))


def dkim(domain: str, keys: Mapping[str, Answer], *, expected: bool) -> Finding:
    """Whether receivers find the key by which our mail is signed.

    Args:
        keys: selector → its TXT records.
        expected: whether mail is signed by these selectors, and not only often by such.
    """
    topic = Topic.DKIM
    for selector, texts in keys.items():
        for text in texts or ():
            tags = _tags(text)
            if "p" not in tags or tags.get("v", "DKIM1") != "DKIM1":
                continue
            if tags["p"]:
                said = sentence(
                    "The key {selector} is there, and of the From domain.", selector=selector
                )
                return Finding(topic, Level.GOOD, said, seen=(text,))
            said = sentence("The key {selector} was taken back: make another.", selector=selector)
            return Finding(topic, Level.BAD, said, seen=(text,))
    if not expected:
        said = sentence(
            "No key was found under the usual names. Set DKIM_SELECTORS to the selector that your "
            "provider signs with (s= in the header DKIM-Signature)."
        )
        return Finding(topic, Level.UNKNOWN, said)
    if any(texts is None for texts in keys.values()):
        return _not_known(topic, f"{next(iter(keys))}._domainkey.{domain}")
    selector = next(iter(keys))
    said = sentence(
        "{domain} has no DKIM key: add the record that your provider shows for this domain.",
        domain=domain,
    )
    record = DnsRecord(f"{selector}._domainkey.{domain}", "CNAME/TXT", "…")
    return Finding(topic, Level.BAD, said, record)


def dmarc(domain: str, answers: Sequence[tuple[str, Answer]]) -> Finding:
    """What receivers are to do with mail from this domain that is not authenticated.

    Args:
        answers: of the domain and those above it, the nearest first: the first that has a record
            holds.
    """
    topic = Topic.DMARC
    wanted = DnsRecord(f"_dmarc.{domain}", "TXT", f"v=DMARC1; p=none; rua=mailto:dmarc@{domain}")
    for at, texts in answers:
        if texts is None:
            return _not_known(topic, f"_dmarc.{at}")
        found = [one for one in texts if re.match(r"v\s*=\s*DMARC1\s*(;|$)", one)]
        if not found:
            continue
        if len(found) > 1:
            said = sentence(
                "{domain} has several DMARC records, which is as good as none: keep one.", domain=at
            )
            return Finding(topic, Level.BAD, said, seen=tuple(found))
        tags = _tags(found[0])
        asked = tags.get("p", "").lower()
        if at != domain:
            asked = tags.get("sp", asked).lower()
        if asked not in ("none", "quarantine", "reject"):
            said = sentence("The DMARC record says nothing: it needs p=none, or stricter.")
            return Finding(topic, Level.BAD, said, wanted, tuple(found))
        if asked == "none":
            said = sentence(
                "There is one, and it only watches (p=none). Once its reports name nobody else, "
                "p=quarantine keeps others from writing as {domain}.",
                domain=domain,
            )
        else:
            said = sentence("There is one, and it says {policy}.", policy=asked)
        return Finding(topic, Level.GOOD, said, seen=tuple(found))
    said = sentence(
        "{domain} has no DMARC record: Gmail and Yahoo refuse much mail without one.", domain=domain
    )
    return Finding(topic, Level.BAD, said, wanted)


def mx(domain: str, exchanges: Answer, addresses: Answer) -> Finding:
    """Whether answers, and mail that comes back, arrive.

    Args:
        exchanges: hosts of the MX records.
        addresses: of the domain itself, which take mail where there is no MX record.
    """
    topic = Topic.MX
    if exchanges is None:
        return _not_known(topic, domain)
    if list(exchanges) == ["."]:
        said = sentence(
            "{domain} says that it takes no mail: answers are lost, and receivers distrust it.",
            domain=domain,
        )
        return Finding(topic, Level.BAD, said, seen=(". (RFC 7505)",))
    if exchanges:
        said = sentence("Answers arrive at {hosts}.", hosts=sorted(exchanges))
        return Finding(topic, Level.GOOD, said, seen=tuple(sorted(exchanges)))
    if addresses is None:
        return _not_known(topic, domain)
    if addresses:
        said = sentence(
            "{domain} has no MX record, only an address: some receivers take that for spam.",
            domain=domain,
        )
        return Finding(topic, Level.WARN, said, DnsRecord(domain, "MX", f"10 mail.{domain}."))
    said = sentence(
        "{domain} takes no mail: answers are lost, and receivers distrust it.", domain=domain
    )
    return Finding(topic, Level.BAD, said, DnsRecord(domain, "MX", f"10 mail.{domain}."))


def one_click(address: str) -> Finding:
    """Whether mail programs can unsubscribe at our address with one click. The headers for it are
    in each mail of marketing's; the provider must sign them by DKIM (RFC 8058, 4).

    Args:
        address: of the web app, for recipients.
    """
    topic, split = Topic.ONE_CLICK, urlsplit(address)
    if split.scheme != "https":
        said = sentence(
            "Links to unsubscribe begin {address}, and one click needs https: set PUBLIC_URL.",
            address=address,
        )
        return Finding(topic, Level.BAD, said)
    if not _is_public(split.hostname or ""):
        said = sentence(
            "Links to unsubscribe lead to {address}, which recipients can't reach: set PUBLIC_URL.",
            address=address,
        )
        return Finding(topic, Level.BAD, said)
    said = sentence("Each mail of marketing's has List-Unsubscribe and List-Unsubscribe-Post.")
    return Finding(topic, Level.GOOD, said)


def _is_public(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_global
    except ValueError:
        return "." in host and not host.endswith((".localhost", ".local", ".internal"))


def _tags(text: str) -> dict[str, str]:
    """The ``name=value`` pairs of a DKIM or DMARC record."""
    pairs = (part.partition("=") for part in text.split(";"))
    return {
        name.strip().lower(): "".join(value.split()) for name, _, value in pairs if name.strip()
    }
