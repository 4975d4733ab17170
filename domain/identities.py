"""Who is who among visitors: what a batch of tracking messages makes of what was known before.

Nothing here is stored. :class:`Identities` is told what the database knows of the keys and
addresses of a batch, takes the messages in their order, and ends with the difference.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

KeyKind = Literal["anonymous", "user"]
Key = tuple[KeyKind, str]
Facts = dict[str, Any]
"""What was said of a person: the fields of ``domain.lead_files.row.LeadRow``, only those given;
``email`` and ``email_key`` when an address was; ``refusal`` (:func:`refusal`) when they want no
mail."""
AccountRef = int | str
"""An account: its id, or the ``groupId`` by which it is yet to be found."""


def refusal(at: datetime, evidence: str) -> Facts:
    """The fact that somebody wants no mail.

    Args:
        at: when it was said, journey time, UTC.
        evidence: how we know; kept on record.
    """
    return {"refusal": {"at": at.isoformat(), "evidence": evidence}}


@dataclass(slots=True)
class TrackedCompany:
    """A company as a ``group`` call tells of it; '' is what it does not say."""

    id: str
    name: str
    domain: str
    attributes: dict[str, str]


@dataclass(slots=True)
class TrackingCall:
    """One checked tracking call.

    ``kind`` is identify, track, page, screen, form, group or alias; ``key`` makes it count once;
    ``at`` is journey time, UTC. ``name`` and ``detail`` are of events, ``facts`` of
    identify, ``group`` of group, ``previous_id`` of alias. A refusal of mail is a fact of any
    call. One without ids is about the address in its facts.
    """

    kind: str
    key: str
    at: datetime
    user_id: str = ""
    anonymous_id: str = ""
    previous_id: str = ""
    name: str = ""
    detail: dict[str, Any] = field(default_factory=dict)
    facts: Facts = field(default_factory=dict)
    group: TrackedCompany | None = None

    def known_by(self) -> list[Key]:
        """Every key under which the database may know whom the message is about."""
        found: list[Key] = []
        if self.user_id:
            found.append(("user", self.user_id))
        if self.anonymous_id:
            found.append(("anonymous", self.anonymous_id))
        if self.previous_id:
            found += [("user", self.previous_id), ("anonymous", self.previous_id)]
        return found


@dataclass(slots=True, eq=False)
class BatchLead:
    """A lead of the batch; ``id`` is 0 until one that is new has been stored."""

    id: int
    email_key: str = ""
    facts: Facts = field(default_factory=dict)
    account: AccountRef | None = None


@dataclass(slots=True, eq=False)
class BatchVisitor:
    """A visitor of the batch; ``id`` is 0 until one that is new has been stored.

    ``named``: a ``userId`` is known. ``changed``: differs from what is stored.
    """

    id: int = 0
    lead: BatchLead | None = None
    named: bool = False
    traits: Facts = field(default_factory=dict)
    account: AccountRef | None = None
    changed: bool = False
    linked: bool = False
    """The lead is news: what the visitor did becomes what the lead did."""
    merged_into: BatchVisitor | None = None

    def now(self) -> BatchVisitor:
        """The visitor that this one became."""
        visitor = self
        while visitor.merged_into is not None:
            visitor = visitor.merged_into
        return visitor


@dataclass(frozen=True, slots=True)
class KnownKey:
    """A key that is stored, with its visitor."""

    key: Key
    visitor_id: int
    lead_id: int | None
    account_id: int | None
    named: bool
    traits: Facts


MOST_ATTRIBUTES = 200
MOST_ATTRIBUTES_BYTES = 64 * 1024
"""How much is kept of a person beside the fields, however often more is said; the same holds for
stored leads and accounts (``merged_attributes`` of migration 0008)."""


def fold(old: Facts, new: Facts) -> Facts:
    """``old`` with what ``new`` says; what is empty in ``new`` leaves the old. New attributes that
    would be too many are left out."""
    merged = old | {name: value for name, value in new.items() if value}
    known, said = old.get("attributes", {}), new.get("attributes", {})
    if attributes := known | said:
        large = len(json.dumps(attributes, ensure_ascii=False).encode()) > MOST_ATTRIBUTES_BYTES
        merged["attributes"] = known if large or len(attributes) > MOST_ATTRIBUTES else attributes
    return merged


class Identities:
    """The visitors and leads of one batch.

    The rules:

    - An ``anonymousId`` that is seen with a ``userId`` is that user from then on, and what it did
      before is the user's. But one that already was another user, or another lead, is a shared
      computer: it moves on to the new user, and what it did before stays where it was.
    - An e-mail address says which lead somebody is. A visitor that is a lead already and gives
      another lead's address is another person: the keys move on, the history stays. So two leads
      are never merged, and no call changes a lead's address: write keys of browsers are public.
    - ``alias`` joins ``previousId`` to ``userId`` unless they are different leads.
    - User ids can be guessed: on the word of a browser none is taken from the person who has it.

    Args:
        known: the stored keys among those of the batch.
        lead_ids: id by ``email_key`` of the stored leads among the addresses of the batch.
        trusted: whether the site's own server says it.
    """

    def __init__(
        self, known: Iterable[KnownKey], lead_ids: Mapping[str, int], *, trusted: bool
    ) -> None:
        self._trusted = trusted
        self.leads: dict[int | str, BatchLead] = {}
        """By id, those that are new by ``email_key``."""
        self.keys: dict[Key, BatchVisitor] = {}
        self.stored: dict[Key, BatchVisitor] = {}
        self.groups: dict[str, TrackedCompany] = {}
        self.visitors: list[BatchVisitor] = []
        self._lead_ids = lead_ids
        by_id: dict[int, BatchVisitor] = {}
        for row in known:
            visitor = by_id.get(row.visitor_id)
            if visitor is None:
                lead = None if row.lead_id is None else self._lead(row.lead_id)
                visitor = BatchVisitor(row.visitor_id, lead, row.named, row.traits, row.account_id)
                by_id[row.visitor_id] = visitor
                self.visitors.append(visitor)
            self.keys[row.key] = self.stored[row.key] = visitor

    def take(self, message: TrackingCall) -> BatchVisitor:
        """Take the next message.

        Returns:
            The visitor it is about; ``now()`` of it, when all messages are taken, is the one that
            did it.
        """
        visitor = self._alias(message) if message.kind == "alias" else self._whose(message)
        if message.kind == "identify":
            visitor = self._identify(visitor, message)
        elif message.group is not None:
            self._group(visitor, message.group)
        elif message.facts:
            self._learn(visitor, message.facts)
        return visitor

    def changes_stored(self) -> bool:
        """Whether a stored visitor changes, so that others must not read it meanwhile."""
        return bool(self.moved_keys()) or any(one.id and one.changed for one in self.visitors)

    def new_visitors(self) -> list[BatchVisitor]:
        """Visitors to be stored."""
        return [one for one in self.visitors if not one.id and one.merged_into is None]

    def merged(self) -> list[BatchVisitor]:
        """Stored visitors that became others."""
        return [one for one in self.visitors if one.id and one.merged_into is not None]

    def changed(self) -> list[BatchVisitor]:
        """Stored visitors that differ from what is stored."""
        return [one for one in self.visitors if one.id and one.changed and not one.merged_into]

    def new_keys(self) -> list[tuple[Key, BatchVisitor]]:
        """Keys to be stored, in a fixed order."""
        return sorted(
            ((key, one.now()) for key, one in self.keys.items() if key not in self.stored),
            key=lambda pair: pair[0],
        )

    def moved_keys(self) -> list[tuple[Key, BatchVisitor]]:
        """Stored keys that go to another visitor than the one their old visitor became."""
        return sorted(
            (
                (key, self.keys[key].now())
                for key, old in self.stored.items()
                if self.keys[key].now() is not old.now()
            ),
            key=lambda pair: pair[0],
        )

    def _whose(self, message: TrackingCall) -> BatchVisitor:
        user: Key | None = ("user", message.user_id) if message.user_id else None
        anonymous: Key = ("anonymous", message.anonymous_id)
        if user is None:
            return self._find(anonymous) or self._new(anonymous)
        known = self._find(user)
        if not message.anonymous_id:
            return known or self._new(user)
        browser = self._find(anonymous)
        if browser is None:
            known = known or self._new(user)
            self.keys[anonymous] = known
            return known
        if known is not None:
            return self._join(browser, known, anonymous, renamed=False)
        if browser.named:
            known = self._new(user)
            self.keys[anonymous] = known
            return known
        self.keys[user] = browser
        browser.named = browser.changed = True
        return browser

    def _alias(self, message: TrackingCall) -> BatchVisitor:
        user: Key = ("user", message.user_id)
        as_user: Key = ("user", message.previous_id)
        as_anonymous: Key = ("anonymous", message.previous_id)
        if not self._trusted and (as_user in self.keys or as_anonymous not in self.keys):
            return self._find(user) or self._new(user)
        previous = as_user if as_user in self.keys else as_anonymous
        old, known = self._find(previous), self._find(user)
        if old is not None and known is not None:
            return self._join(old, known, previous, renamed=True)
        visitor = old or known or self._new(user)
        self.keys[user] = self.keys[previous] = visitor
        if old is None:
            # Nobody tells which kind of id it was; what it did may be yet to come.
            self.keys[as_user] = visitor
        if not visitor.named:
            visitor.named = visitor.changed = True
        return visitor

    def _join(
        self, old: BatchVisitor, known: BatchVisitor, key: Key, *, renamed: bool
    ) -> BatchVisitor:
        if old is known:
            return known
        other_lead = old.lead is not None and known.lead not in (None, old.lead)
        if other_lead or (old.named and not renamed):
            self.keys[key] = known
            return known
        stays, goes = (old, known) if old.id and not known.id else (known, old)
        lead = known.lead or old.lead
        traits, account = fold(old.traits, known.traits), known.account or old.account
        goes.merged_into, goes.changed = stays, True
        stays.named, stays.changed, stays.traits, stays.account = True, True, traits, account
        if lead is not None:
            self._link(stays, lead)
        return stays

    def _identify(self, visitor: BatchVisitor, message: TrackingCall) -> BatchVisitor:
        if email_key := message.facts.get("email_key"):
            lead = self._lead(self._lead_ids.get(email_key, email_key))
            if visitor.lead not in (None, lead):
                named = bool(message.user_id) and self._trusted
                visitor = BatchVisitor(named=named, lead=lead)
                self.visitors.append(visitor)
                for key in message.known_by():
                    if self._trusted or key[0] == "anonymous":
                        self.keys[key] = visitor
            if visitor.lead is None:
                self._link(visitor, lead)
        self._learn(visitor, message.facts)
        return visitor

    def _learn(self, visitor: BatchVisitor, facts: Facts) -> None:
        if visitor.lead is not None:
            visitor.lead.facts = fold(visitor.lead.facts, facts)
        else:
            traits = fold(visitor.traits, facts)
            visitor.changed |= traits != visitor.traits
            visitor.traits = traits

    def _link(self, visitor: BatchVisitor, lead: BatchLead) -> None:
        visitor.lead = lead
        visitor.linked = visitor.changed = True
        lead.facts = fold(visitor.traits, lead.facts)
        lead.account = lead.account or visitor.account
        visitor.traits, visitor.account = {}, None

    def _group(self, visitor: BatchVisitor, group: TrackedCompany) -> None:
        known = self.groups.get(group.id)
        if known is not None:
            group = TrackedCompany(
                group.id,
                group.name or known.name,
                group.domain or known.domain,
                known.attributes | group.attributes,
            )
        self.groups[group.id] = group
        if visitor.lead is not None:
            visitor.lead.account = group.id
        else:
            visitor.account, visitor.changed = group.id, True

    def _find(self, key: Key) -> BatchVisitor | None:
        visitor = self.keys.get(key)
        return None if visitor is None else visitor.now()

    def _new(self, key: Key) -> BatchVisitor:
        visitor = BatchVisitor(named=key[0] == "user")
        self.visitors.append(visitor)
        self.keys[key] = visitor
        return visitor

    def _lead(self, who: int | str) -> BatchLead:
        lead = self.leads.get(who)
        if lead is None:
            lead = BatchLead(who) if isinstance(who, int) else BatchLead(0, who)
            self.leads[who] = lead
        return lead
