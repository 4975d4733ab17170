"""Standard Webhooks out: the events there are, when one is tried again, and where none may go.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlsplit

from domain.sentences import sentence

WEBHOOK_QUEUE = "webhooks"
"""Task queue of the deliveries: a receiver that answers slowly holds up other receivers only."""
WEBHOOK_WORKFLOW = "WebhookDelivery"
"""Workflow type of one delivery, ``webhook-<delivery id>``."""

EVENTS = {
    "lead.stage_changed": "a lead moved from one stage to another",
    "lead.became_ready": "a lead's score crossed the threshold",
    "lead.erased": "a person was erased: what other programs keep of this lead must go, too",
    "lead.merged": "two leads were one person: one of them is a part of the other now",
    "lead.merge_undone": "a lead that was a part of another is a lead of its own again",
    "task.opened": "there is work for a person",
    "task.completed": "a person ended a task with a disposition",
    "meeting.booked": "an appointment was made",
    "meeting.rescheduled": "an appointment was moved",
    "meeting.cancelled": "an appointment was called off",
    "meeting.held": "an appointment took place",
    "meeting.no_show": "the lead did not come",
    "sla.breached": "a promise was not kept in time",
    "alert.raised": "a person must hear of something now",
    "opportunity.closed": "an opportunity was won, lost or ended without outcome",
}
"""Event type → what it says."""

TEST_EVENT = "webhook.test"
"""Goes to one endpoint when somebody asks for it, whatever else it wants to hear."""

PAUSES = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""Real time before each further attempt, as the specification proposes."""

# Outside of it lie addresses of IPv4 written as IPv6, which lead wherever the IPv4 address leads,
# and those of networks of old. https://www.iana.org/assignments/ipv6-unicast-address-assignments
_UNICAST = ipaddress.ip_network("2000::/3")
# What only machines of a cloud reach though it looks like anybody's: Oracle's metadata and the like
# (RFC 6890), Azure's host.
_OF_CLOUDS = (ipaddress.ip_network("192.0.0.0/24"), ipaddress.ip_network("168.63.129.16/32"))


@dataclass(frozen=True)
class WebhookAttempt:
    """Try a delivery now; after the ``last`` attempt it has failed."""

    delivery_id: int
    last: bool = False


@dataclass(frozen=True)
class WebhookAttempted:
    """Whether nothing is left to do, and the sentence ops read."""

    over: bool
    details: str


def webhook_workflow_id(delivery_id: int) -> str:
    """Workflow id of a delivery."""
    return f"webhook-{delivery_id}"


def is_public(address: str) -> bool:
    """Whether an IP address is anybody's on the internet: not this machine's, not one of a
    private network, not a group's."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            return is_public(str(ip.ipv4_mapped))
        if ip.sixtofour is not None or ip.teredo is not None or ip not in _UNICAST:
            return False
    elif any(ip in network for network in _OF_CLOUDS):
        return False
    return ip.is_global and not ip.is_multicast


def url_problem(url: str, *, allow_private: bool) -> str:
    """Why events can't go to this address, as a sentence; '' when they can.

    What a host name resolves to is looked at with each delivery, for it may change.
    """
    if not url.isprintable() or " " in url:
        return sentence("The address holds a space or a character that can't be printed.")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return sentence("This is no web address: write it as https://HOST/PATH.")
    schemes = ("https", "http") if allow_private else ("https",)
    if parts.scheme not in schemes or not host:
        ways = " or ".join(f"{one}://HOST/PATH" for one in schemes)
        return sentence("Write the address as {ways}.", ways=ways)
    if parts.username is not None or parts.password is not None:
        return sentence("Leave user and password out of the address: the signature says who sends.")
    try:
        public = is_public(host)
    except ValueError:
        public = host != "localhost" and not host.endswith(".localhost")
    if not public and not allow_private:
        return sentence(
            "{host} is an address of a private network; events go to public ones only.", host=host
        )
    return ""


def events_problem(events: list[str]) -> str:
    """Why these are not event types, as a sentence; '' when they are."""
    unknown = sorted(set(events) - set(EVENTS))
    if unknown:
        return sentence(
            "There is no event {unknown}; there are {events}.", unknown=unknown, events=list(EVENTS)
        )
    return ""
