"""The sending policy (``cadences/sending.yaml``): how much marketing mail a sender sends, how a new
one begins, and when bounces or complaints stop it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

from pydantic import AfterValidator, Field, model_validator

from domain.email.addresses import address_key, host_of
from domain.email.message import MailError, mailbox
from domain.rules.policy import Policy, PolicyFile, mistake

DEFAULT_RECEIVER = "default"
"""Stands for each receiving domain that is not named."""
FEW_COMPLAINTS = 3


def domain_key(domain: str) -> str:
    """By which two spellings of a domain are the same."""
    return address_key(f"x@{domain}")[2:]


def domain_of(address: str) -> str:
    """The key of an address's domain, '' for what is no address."""
    return address_key(address).rpartition("@")[2] if "@" in address else ""


def _is_domain(value: str) -> str:
    try:
        host = host_of(value.strip().rstrip("."))
    except (UnicodeError, ValueError):
        host = ""
    if "." not in host or "@" in value or any(sign in host for sign in " /:_"):
        raise mistake(f"'{value}' is no domain. Write one such as example.com")
    return domain_key(value.strip().rstrip("."))


def _is_sender(value: str) -> str:
    if "@" not in value:
        return _is_domain(value)
    try:
        mailbox(value.strip())
    except MailError:
        raise mistake(
            f"'{value}' is neither an address nor a domain. Write one such as clara@example.com or "
            "example.com"
        ) from None
    return address_key(value)


def _is_receiver(value: str) -> str:
    return value if value == DEFAULT_RECEIVER else _is_domain(value)


SenderName = Annotated[str, AfterValidator(_is_sender)]
ReceiverName = Annotated[str, AfterValidator(_is_receiver)]
Mails = Annotated[int, Field(ge=1, le=100_000_000)]
Percent = Annotated[float, Field(gt=0, le=100)]


class SendingLimit(Policy):
    """How many mails may go; what is over it waits."""

    per_hour: Mails | None = None
    """Within an hour of the clock."""
    per_day: Mails | None = None
    """Within a day of the company's time zone."""

    @model_validator(mode="after")
    def _limits_something(self) -> SendingLimit:
        if self.per_hour is None and self.per_day is None:
            raise mistake("this limits nothing. Write per_hour, per_day, or both")
        return self


class WarmUp(Policy):
    """A new sender, which receivers trust step by step."""

    sender: SenderName
    """A domain or an address of ours."""
    begins: date
    """The first day; before it as much goes as on it. A later one begins again."""
    first_day: Mails = 50
    """How many mails go on the first day. Each day after one on which at least half went allows
    twice as many."""
    until: Mails = 10_000
    """So many in a day, and the sender is warm: only `senders` limits it then."""

    @model_validator(mode="after")
    def _climbs(self) -> WarmUp:
        if self.until < self.first_day:
            raise mistake(
                "this is less than first_day: write how many a day it climbs to", ("until",)
            )
        return self


class Guard(Policy):
    """When a sending domain is slowed down, and stopped: by what became of its mails of the last
    30 days."""

    bounces: Percent = 2.0
    """Per cent of its mails that bounce: then it is stopped. Full mailboxes and broken routes count
    not. From half of it on the domain is slowed down."""
    complaints: Percent = 0.1
    """Per cent of its mails that are called spam: then it is stopped; from half of it on slowed
    down. Of one or two complaints it is judged only once it has sent so many mails that one alone
    is not more than this."""
    judged_from: Mails = 200
    """Of fewer mails nothing is concluded: a share of so few is chance."""


class SendingPolicy(PolicyFile):
    """How much marketing mail goes out, by sender and by receiving domain. Mail about meetings,
    after calls, for confirmation and from a person to one lead never waits for it."""

    policy: Literal["sending"]
    senders: dict[SenderName, SendingLimit] = Field(default_factory=dict)
    """Domain or address of ours → how much goes out from it; without it as much as the provider
    takes."""
    receivers: dict[ReceiverName, SendingLimit] = Field(default_factory=dict)
    """Receiving domain, or `default` for each that is not named → how much goes there."""
    warm_up: tuple[WarmUp, ...] = ()
    """New domains and addresses of ours."""
    guard: Guard = Guard()
    """What stops a sending domain."""

    @model_validator(mode="after")
    def _once_each(self) -> SendingPolicy:
        seen: set[str] = set()
        for place, one in enumerate(self.warm_up):
            if one.sender in seen:
                raise mistake(
                    f"'{one.sender}' is warmed up twice. Keep one of them",
                    ("warm_up", place, "sender"),
                )
            seen.add(one.sender)
        return self


DEFAULT = SendingPolicy(policy="sending")
"""What holds until a sending policy is published: no limits, and the guard."""
