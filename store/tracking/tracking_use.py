"""How much may come through a write key, counted in the database for all web processes together.

Periods are fixed (a minute, an hour, a day by the clock) and of real time. Whose use it was is kept
as a keyed hash, for two days.
"""

from __future__ import annotations

import hashlib
import hmac
import time
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Engine, text

from domain.identities import TrackingCall
from store.access.write_keys import Kind, WriteKeySource
from store.accounts.accounts import name_key
from store.engine import single_statements

MINUTE, HOUR, DAY = 60, 3600, 86_400


@dataclass(frozen=True)
class Limit:
    """How often something may happen in a period of ``seconds``."""

    times: int
    seconds: int


LIMITS: Mapping[Kind, Mapping[str, Limit]] = {
    "browser": {
        "key": Limit(60_000, MINUTE),
        "network": Limit(3_000, MINUTE),
        "visitor": Limit(600, MINUTE),
        "visitors of a network": Limit(120, MINUTE),
        "address": Limit(60, HOUR),
        "people of a network": Limit(60, HOUR),
        "people": Limit(2_000, HOUR),
        "new visitors": Limit(100_000, HOUR),
        "events": Limit(2_000, DAY),
        "sales": Limit(60, HOUR),
    },
    "server": {
        "key": Limit(1_000_000, MINUTE),
        "address": Limit(3_600, HOUR),
        "events": Limit(20_000, DAY),
    },
}
"""``key``, ``network`` and ``visitor`` count messages. ``people`` are addresses and companies that
are told of, each counted once for a network and hour. ``events`` are those kept of one lead, or of
a visitor nobody knows. ``sales`` are leads that become ready for sales by what a key said."""

_USE = text(
    """
    INSERT INTO tracking_use (write_key_id, what, who, since, used)
    SELECT :key, what, who,
        to_timestamp(floor(extract(epoch FROM clock_timestamp()) / seconds) * seconds), times
    FROM unnest(cast(:whats AS text[]), cast(:whos AS text[]), cast(:seconds AS int[]),
                cast(:times AS int[])) AS one (what, who, seconds, times)
    ORDER BY what, who
    ON CONFLICT (write_key_id, what, who, since)
        DO UPDATE SET used = tracking_use.used + excluded.used
    RETURNING what, who, used
    """
)
_USED = text(
    """
    SELECT coalesce(sum(used), 0) FROM tracking_use
    WHERE write_key_id = :key AND what = :what AND who = ''
        AND since = to_timestamp(floor(extract(epoch FROM clock_timestamp()) / :seconds) * :seconds)
    """
)
Use = tuple[str, str]
"""A limit, and whose use it is."""


class TooMuch(Exception):
    """Nothing more is taken for now; ``seconds`` until it is."""

    def __init__(self, limit: Limit) -> None:
        super().__init__("Too much has come: send it again later.")
        self.seconds = limit.seconds - int(time.time()) % limit.seconds


class TrackingLimits:
    """Counts what comes before it is taken, and turns away what is too much.

    Args:
        secret: of this deployment; keys the hashes.
    """

    def __init__(self, database: Engine, secret: str) -> None:
        # One statement that waits for no log: the table is unlogged.
        self._statements = single_statements(database)
        self._secret = secret.encode()

    def admit(
        self, source: WriteKeySource, network: str, messages: Sequence[TrackingCall]
    ) -> list[TrackingCall]:
        """Count the messages.

        Args:
            network: they come from; counted for keys of browsers only, as a site's server has one.

        Returns:
            Those that may be taken; the others are of visitors or addresses that sent too much.

        Raises:
            TooMuch: none of them may.
        """
        limits = LIMITS[source.kind]
        addresses = {id(one): self._hash("a", _address(one)) for one in messages if _address(one)}
        uses: Counter[Use] = Counter({("key", ""): len(messages)})
        uses.update(("address", who) for who in addresses.values())
        net = self._hash("n", network)
        by_visitor: dict[int, str] = {}
        people: dict[int, list[str]] = {}
        if source.kind == "browser":
            by_visitor = {id(one): self._hash("v", _visitor(one)) for one in messages}
            uses["network", net] = len(messages)
            uses.update(("visitor", who) for who in by_visitor.values())
            people = {
                id(one): [self._hash("p", f"{network} {who}") for who in _people(one)]
                for one in messages
            }
        told = Counter({("person", who): 1 for each in people.values() for who in each})
        used = self._use(source, uses | told)
        full = {use for use, times in used.items() if use[0] in limits and over(limits, use, times)}
        if source.kind == "browser":
            first = Counter(what for what, who in uses if used[what, who] == uses[what, who])
            new = Counter({("visitors of a network", net): first["visitor"]})
            persons = sum(used[use] == 1 for use in told)
            new += Counter({("people of a network", net): persons, ("people", ""): persons})
            if new := +new:
                both = self._use(source, new)
                full |= {use for use, times in both.items() if over(limits, use, times)}
        for what, who in (("key", ""), ("network", net), ("visitors of a network", net)):
            if (what, who) in full:
                raise TooMuch(limits[what])
        crowded = [what for what in ("people of a network", "people") if _any(full, what)]
        taken = [
            one
            for one in messages
            if ("visitor", by_visitor.get(id(one))) not in full
            and ("address", addresses.get(id(one))) not in full
            and not (crowded and people[id(one)])
        ]
        if messages and not taken:
            raise TooMuch(limits[crowded[0]] if crowded else limits[next(iter(full))[0]])
        return taken

    def _use(self, source: WriteKeySource, uses: Mapping[Use, int]) -> dict[Use, int]:
        with self._statements.connect() as connection:
            return use(connection, source, uses)

    def _hash(self, kind: str, value: str) -> str:
        return hmac.new(self._secret, f"{kind}:{value}".encode(), hashlib.sha256).hexdigest()[:32]


def use(connection: Connection, source: WriteKeySource, uses: Mapping[Use, int]) -> dict[Use, int]:
    """Count; returns how much of each was used in its period with these."""
    return use_of(connection, source.id, LIMITS[source.kind], uses)


def use_of(
    connection: Connection,
    write_key_id: int,
    limits: Mapping[str, Limit],
    uses: Mapping[Use, int],
) -> dict[Use, int]:
    """The same by other limits than those of tracking."""
    if not uses:
        return {}
    rows = connection.execute(
        _USE,
        {
            "key": write_key_id,
            "whats": [what for what, _ in uses],
            "whos": [who for _, who in uses],
            "seconds": [limits[what].seconds if what in limits else HOUR for what, _ in uses],
            "times": list(uses.values()),
        },
    )
    return {(what, who): used for what, who, used in rows}


def over(limits: Mapping[str, Limit], one: Use, times: int) -> bool:
    """Whether that often is too often."""
    return times > limits[one[0]].times


def room_with_sales(connection: Connection, source: WriteKeySource) -> bool:
    """Whether leads may become ready for sales by what this key says, or it made enough so."""
    limit = LIMITS[source.kind].get("sales")
    if limit is None:
        return True
    values = {"key": source.id, "what": "sales", "seconds": limit.seconds}
    return int(connection.execute(_USED, values).scalar_one()) < limit.times


def record_crossings(
    connection: Connection, source: WriteKeySource, lead_ids: Collection[int], now: datetime
) -> None:
    """Count those of these leads that became ready at ``now`` (journey time)."""
    crossed = connection.execute(
        text("SELECT count(*) FROM crossing WHERE lead_id = ANY(:leads) AND at = :now"),
        {"leads": list(lead_ids), "now": now},
    ).scalar_one()
    if crossed:
        use(connection, source, {("sales", ""): crossed})


def forget_use(connection: Connection) -> None:
    """Delete what was counted in periods that are over."""
    connection.execute(
        text("DELETE FROM tracking_use WHERE since < clock_timestamp() - interval '2 days'")
    )


def _any(uses: Collection[Use], what: str) -> bool:
    return any(one == what for one, _ in uses)


def _visitor(message: TrackingCall) -> str:
    return f"u{message.user_id}" if message.user_id else f"a{message.anonymous_id}"


def _address(message: TrackingCall) -> str:
    return str(message.facts.get("email_key", ""))


def _people(message: TrackingCall) -> list[str]:
    """Whom a message brings: an address, a company."""
    company = message.facts.get("company", "")
    group = message.group.id if message.group else ""
    named = {"a": _address(message), "c": name_key(company), "g": group}
    return [f"{kind}{value}" for kind, value in named.items() if value]
