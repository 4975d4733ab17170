"""``brand.yaml`` as a form, and the file with what people changed."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from domain.brand.policy import BrandPolicy, BrandSender


@dataclass
class SenderRow:
    """Whom mails are from; ``topic`` is '' for all."""

    topic: str = ""
    name: str = ""
    email: str = ""


@dataclass
class WordsRow:
    """What stands under mails in one language."""

    company: str = ""
    footer: str = ""
    footer_customer: str = ""
    footer_called: str = ""
    footer_meeting: str = ""
    preferences: str = ""
    between: str = ""
    unsubscribe: str = ""
    signed: str = ""
    contact: bool = False


@dataclass
class BrandForm:
    """What the form shows of a brand policy, which is all of it. ``logo`` is the name of an image,
    '' for none."""

    company: str
    postal_address: str
    logo: str
    logo_width: int | None
    colors: dict[str, str]
    font: str
    sender: SenderRow
    senders: list[SenderRow] = field(default_factory=list)
    languages: dict[str, WordsRow] = field(default_factory=dict)


def form_of(policy: BrandPolicy) -> BrandForm:
    """A brand policy as the form shows it."""
    return BrandForm(
        company=policy.company,
        postal_address=policy.postal_address or "",
        logo=policy.logo.image if policy.logo else "",
        logo_width=policy.logo.width if policy.logo else 160,
        colors=policy.colors.model_dump(),
        font=policy.font,
        sender=_row("", policy.sender),
        senders=[_row(topic, one) for topic, one in policy.senders.items()],
        languages={
            language: WordsRow(
                **{name: value for name, value in words.model_dump().items() if value is not None}
            )
            for language, words in policy.languages.items()
        },
    )


def _row(topic: str, sender: BrandSender | None) -> SenderRow:
    return SenderRow(topic, sender.name, sender.email) if sender else SenderRow(topic)


def with_form(data: Mapping[str, Any], before: BrandForm, after: BrandForm) -> dict[str, Any]:
    """The plain data of the file with what differs between two states of the form.

    Args:
        data: as :func:`domain.authoring.yaml_source.read` gives it; it is not changed.
    """
    made: dict[str, Any] = copy.deepcopy(dict(data))

    def put(name: str, value: Any) -> None:
        if value:
            made[name] = value
        else:
            made.pop(name, None)

    if before.company != after.company:
        made["company"] = after.company
    if before.postal_address != after.postal_address:
        put("postal_address", after.postal_address)
    if (before.logo, before.logo_width) != (after.logo, after.logo_width):
        put("logo", after.logo and {"image": after.logo, "width": after.logo_width})
    changed = {
        name: value for name, value in after.colors.items() if before.colors.get(name) != value
    }
    if changed:
        made["colors"] = (made.get("colors") or {}) | changed
    if before.font != after.font:
        made["font"] = after.font
    if before.sender != after.sender:
        put("sender", _written(after.sender))
    if before.senders != after.senders:
        put("senders", {one.topic: _written(one) for one in after.senders})
    if before.languages != after.languages:
        written = made.get("languages") or {}
        made["languages"] = {
            language: _words(written.get(language) or {}, before.languages.get(language), words)
            for language, words in after.languages.items()
        }
    return made


def _written(sender: SenderRow) -> dict[str, str]:
    said = {"name": sender.name, "email": sender.email}
    return said if any(said.values()) else {}


def _words(written: Mapping[str, Any], before: WordsRow | None, after: WordsRow) -> dict[str, Any]:
    made = dict(written)
    was = asdict(before) if before else {}
    for name, value in asdict(after).items():
        optional = name in {"company", "signed", "contact"}
        if value != was.get(name):
            made[name] = value
        if optional and not value:
            made.pop(name, None)
    return made
