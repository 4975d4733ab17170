"""Opens and clicks that no person made: security scanners, link previews, privacy proxies.

A mark is one of five reasons. ``agent``, ``network`` and ``privacy_proxy`` are known from one
request alone; ``prefetch`` and ``all_links`` only from when a message arrived and what else was
visited, so they are found anew from all visits of a touch and never depend on the order in which
those came to us.
"""

from __future__ import annotations

import functools
import ipaddress
import re
from collections import Counter
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

Network = ipaddress.IPv4Network | ipaddress.IPv6Network
Id = TypeVar("Id", bound=Hashable)

SECONDS = 10.0
"""What happens within this many seconds of delivery, or of each other, no person did."""
BURST = 3
"""So many different links of one message in that time is a scanner at work."""
OF_ONE_REQUEST = ("agent", "network", "privacy_proxy")

# Image proxies of Google and Yahoo are not among them: they load the picture when the recipient
# opens the mail (https://support.google.com/mail/answer/145919). Nor is Outlook ("ms-office").
_AGENTS = re.compile(
    r"""
    # Security gateways and link scanners that name themselves.
    barracuda | proofpoint | mimecast | messagelabs | symantec | ironport | cisco[ ]?secure
    | fireeye | trellix | mcafee | trend[ ]?micro | \btmes\b | forcepoint | websense | sophos
    | forti(?:mail|guard|net) | kaspersky | bitdefender | cloudmark | cyren | zscaler
    | vade[ ]?secure | virustotal | urlscan | phishtank | safebrowsing | safelinks
    # Link previews of chats, and crawlers; not the phones of a maker called Cubot.
    | bingpreview | skypeuripreview | whatsapp/ | facebookexternalhit | (?<!cu)bot\b
    | crawler | spider | slurp | link[ ]?(?:check|preview)
    # Programs.
    | \bcurl/ | \bwget | libwww | python- | python/ | urllib | go-http-client | \bjava/
    | apache-httpclient | node-fetch | axios/ | \bruby\b | scrapy | headless | phantomjs
    | puppeteer | playwright | selenium
    """,
    re.IGNORECASE | re.VERBOSE,
)

SCANNER_NETWORKS: tuple[Network, ...] = (
    ipaddress.ip_network("209.222.80.0/21"),
    ipaddress.ip_network("64.235.144.0/20"),
)
"""Networks from which only scanners come.

Both are Barracuda's, whose Email Gateway Defense clicks under a browser's name. The first is the
range of that service in Barracuda's documentation
(https://campus.barracuda.com/product/emailgatewaydefense/doc/96023004/ip-analysis-inbound/), the
second is registered to Barracuda (ARIN, NET-64-235-144-0-1). Others publish the ranges that their
mail comes from, not those that their scanners click from, or share them with people's browsers;
the setting ``SCANNER_NETWORKS`` adds what a deployment sees itself.
"""


def read_networks(ranges: str) -> tuple[Network, ...]:
    """Networks from a list such as ``192.0.2.0/24, 2001:db8::/32``.

    Raises:
        ValueError: names the entry that is no network in CIDR notation.
    """
    networks = []
    for entry in ranges.replace(",", " ").split():
        try:
            networks.append(ipaddress.ip_network(entry))
        except ValueError:
            raise ValueError(
                f"{entry} is no network; write it as 192.0.2.0/24, with zeros after the prefix."
            ) from None
    return tuple(networks)


def machine_of_request(
    user_agent: str | None, address: str | None, networks: Sequence[Network] = ()
) -> str:
    """Why a visit was no person's, as far as its request tells: ``agent``, ``network`` or ''.

    Args:
        user_agent: the header as it stood; '' (no browser leaves it out) is a program's; None
            when nobody knows.
        address: the client's IP address, or None.
        networks: scanners' networks beside :data:`SCANNER_NETWORKS`.
    """
    if user_agent is not None and _is_program(user_agent):
        return "agent"
    if address and _is_within(address, tuple(networks)):
        return "network"
    return ""


@functools.lru_cache(maxsize=4096)
def _is_program(user_agent: str) -> bool:
    return not user_agent.strip() or _AGENTS.search(user_agent) is not None


@functools.lru_cache(maxsize=4096)
def _is_within(address: str, networks: tuple[Network, ...]) -> bool:
    try:
        ip = ipaddress.ip_address(address.strip())
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv6Address) and ip.ipv4_mapped:
        ip = ip.ipv4_mapped
    return any(ip in network for network in (*SCANNER_NETWORKS, *networks))


@dataclass(frozen=True)
class TouchTimes:
    """When a mail went out and when the recipient's server took it, journey time in UTC."""

    sent_at: datetime | None
    delivered_at: datetime | None


@dataclass(frozen=True)
class TouchVisit:
    """An open or a click of a touch; ``url`` is where a click led, ``machine`` the mark so far."""

    id: int
    kind: str
    at: datetime
    url: str
    machine: str


def detect_bots(
    touch: TouchTimes, visits: Sequence[TouchVisit], seconds: float = SECONDS
) -> dict[int, str]:
    """The mark of each visit of one touch, by id; '' for a person's.

    The result depends on the set of visits alone. More visits, and news of the delivery, add marks
    and never take one back.

    Args:
        visits: all opens and clicks of the touch.
        seconds: :data:`SECONDS` of real time in journey time (the demo compresses that).
    """
    burst = bursts(
        [(visit.id, visit.at, visit.url) for visit in visits if visit.kind == "click"], seconds
    )
    marks = {}
    for visit in visits:
        if visit.machine in OF_ONE_REQUEST:
            marks[visit.id] = visit.machine
        elif prefetched(visit.at, touch.delivered_at, touch.sent_at, seconds):
            marks[visit.id] = "prefetch"
        else:
            marks[visit.id] = "all_links" if visit.id in burst else ""
    return marks


def prefetched(
    at: datetime,
    delivered_at: datetime | None,
    sent_at: datetime | None,
    seconds: float = SECONDS,
) -> bool:
    """Whether a visit came before a person can have seen the mail: at most ``seconds`` after it
    was sent and delivered, as far as we know, or even before.

    What we learn later makes it later at most: a mark never has to be taken back.
    """
    known = [time for time in (delivered_at, sent_at) if time is not None]
    return bool(known) and at <= max(known) + timedelta(seconds=seconds)


def bursts(clicks: Sequence[tuple[Id, datetime, str]], seconds: float = SECONDS) -> set[Id]:
    """The ids of clicks made in a burst: within ``seconds``, :data:`BURST` or more different
    links of one message.

    Args:
        clicks: id, time and link of each click of one touch, in any order.
    """
    ordered = sorted(clicks, key=lambda click: click[1])
    span = timedelta(seconds=seconds)
    links: Counter[str] = Counter()
    found: set[Id] = set()
    end = marked = 0
    for start, (_, began, url) in enumerate(ordered):
        while end < len(ordered) and ordered[end][1] - began <= span:
            links[ordered[end][2]] += 1
            end += 1
        if len(links) >= BURST:
            found.update(click[0] for click in ordered[max(start, marked) : end])
            marked = end
        links[url] -= 1
        if not links[url]:
            del links[url]
    return found
