"""Segments in a real database, and leads to whom things happen."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection, text

from domain.segments.policy import Segment, SegmentsPolicy
from store.published.policies import publish_policy
from store.scoring.engagement import LeadActivity
from store.segments.answers import answers, compiled, one_by_one
from store.segments.lead_facts import EVERYBODY, rules_now
from store.segments.membership import judge_all, judge_changed, publish_segments
from tests.support.scored_leads import NOW, Book

CONDITIONS: Sequence[str] = (
    'lead.country == "KR"',
    'lead.country != "KR" && lead.country in ["US", "DE"]',
    'lead.attributes.plan == "pro"',
    '!(lead.attributes.plan == "pro") || lead.has_phone',
    "has(lead.attributes.plan)",
    "number(lead.attributes.size) > 50",
    'number(lead.attributes.size) > 50 || lead.attributes.plan == "pro"',
    'lead.title.lower().contains("owner")',
    'lead.title.matches("(?i)^c.o$") && !lead.has_free_mail',
    'lead.attributes.exists(name, name == "plan")',
    "size(lead.attributes) == 2",
    "lead.title == lead.company",
    'account.attributes.tier == "gold" && !account.do_not_market',
    "account.name == \"Acme\" || lead.email_domain.endsWith('.example')",
    "score >= 10",
    'fit in ["A", "C"] && interest < 3',
    'lead.stage == "engaged" || cycle > 1',
    'reason == "lost"',
    "engagement.clicks >= 2",
    "engagement.clicks_7_days == 0 && engagement.clicks > 0",
    'engagement.visits["/pricing"] >= 1 && engagement.visits_30_days["/pricing"] < 2',
    'engagement.tracked["Demo Requested"] > 0',
    "daysSince(engagement.last_click) > 10",
    'engagement.last_click == "" || daysSince(engagement.last_click) <= 3',
    'engagement.last_visit["/pricing"] > "2026-04-01"',
    'consent.suppressed == "unsubscribed"',
    "!consent.confirmed || lead.has_opted_out",
    'consent.refuses["product"]',
    "opportunity.open > 0 || opportunity.open_at_account > 1",
    'opportunity.stage == "discovery" && opportunity.lost == 0',
    'opportunity.last_won != "" && daysSince(opportunity.last_won) < 40',
    "opportunity.won + opportunity.lost > 1",
    'cycle == 1 ? lead.has_phone : lead.owner == "rep-1"',
    "daysSince(lead.phase_since) >= 5",
    'lead.phase == "Recycle"',
)
"""Of every kind, answered in each of the ways there are."""


def segments_of(conditions: Sequence[str]) -> SegmentsPolicy:
    """A policy with a segment for each."""
    return SegmentsPolicy(
        policy="segments",
        segments=tuple(
            Segment(name=f"s{n}", title=f"Segment {n}", when=one)
            for n, one in enumerate(conditions)
        ),
    )


def publish(book: Book, conditions: Sequence[str]) -> None:
    """Publish a segment for each condition."""
    policy = segments_of(conditions)
    with book.database.begin() as connection:
        publish_policy(connection, repr(policy), policy)
        publish_segments(connection, policy)


def judge(book: Book, now: datetime = NOW, *, slice_of: int | None = None) -> None:
    """Judge until nothing is left, as workers do."""
    more = True
    while more:
        with book.database.begin() as connection:
            more = judge_changed(connection, now, most=7).taken > 0
        with book.database.begin() as connection:
            more = judge_all(connection, now, most=slice_of) or more


def members(book: Book) -> dict[str, set[int]]:
    """Condition → its members, as the database has them; the segment knows how many."""
    with book.database.connect() as connection:
        rows = connection.execute(
            text(
                "SELECT condition, members, array_remove(array_agg(lead_id), NULL) AS leads "
                "FROM segment LEFT JOIN segment_member ON segment_id = segment.id "
                "GROUP BY segment.id"
            )
        ).all()
        assert all(len(row.leads) == row.members for row in rows)
        return {row.condition: set(row.leads) for row in rows}


def recomputed(
    book: Book, conditions: Sequence[str], now: datetime = NOW
) -> Mapping[str, set[int]]:
    """The same, by asking each condition of each lead."""
    with book.database.connect() as connection:
        return {one: holding(connection, one, now) for one in conditions}


def holding(connection: Connection, condition: str, now: datetime = NOW) -> set[int]:
    """The leads for whom a condition holds, asked one by one."""
    rules = rules_now(connection, now)
    told = one_by_one(connection, compiled(condition), rules, EVERYBODY)
    return {lead for lead, verdict in told if verdict.holds}


def by_sql(
    connection: Connection, condition: str, now: datetime = NOW
) -> dict[int, bool | None] | None:
    """What SQL says of each lead; None where it is not asked."""
    conditions = {0: compiled(condition)}
    found = answers(connection, conditions, rules_now(connection, now), EVERYBODY)
    if found.apart:
        return None
    query = f"SELECT id, is_there AND ({found.holds[0]}) AS holds FROM ({found.known}) AS known"
    rows = connection.execute(text(query), dict(found.values))
    return {row.id: row.holds for row in rows}


class Chance:
    """Leads to whom things happen by chance: the same for the same seed."""

    def __init__(self, book: Book, seed: int) -> None:
        self.book, self.chance = book, random.Random(seed)
        self.leads: list[int] = []
        self.accounts = [
            int(
                book.value(
                    "INSERT INTO account (name, name_key) VALUES (:name, :name) RETURNING id",
                    name=name,
                )
            )
            for name in ("Acme", "Bolt")
        ]
        self.keys = 0
        self.write_key = int(
            book.value("INSERT INTO write_key (name, key_hash) VALUES ('w', 'w') RETURNING id")
        )
        for _ in range(6):
            self.add()

    def add(self) -> None:
        """A new lead."""
        one = self.chance
        self.leads.append(
            self.book.lead(
                one.choice(["Nurture", "Recycle", "FollowUp"]),
                country=one.choice(["", "KR", "US", "FR"]),
                title=one.choice(["", "CTO", "Owner", "Acme", "shop owner"]),
                phone=one.choice(["", "+4930123456"]),
                account_id=one.choice([None, *self.accounts]),
                phase_since=NOW - timedelta(days=one.randrange(9)),
            )
        )

    def something(self) -> None:
        """One thing that happens to somebody."""
        happenings: Sequence[Callable[[], None]] = (
            *(self._does,) * 4,
            *(self._is_corrected,) * 3,
            self.add,
            self._moves,
            self._is_suppressed,
            self._buys,
            self._of_account,
            self._is_erased,
            self._is_gone,
            self._waits,
            self._was_a_machine,
        )
        self.chance.choice(happenings)()

    def lead(self) -> int:
        """One of them."""
        return self.chance.choice(self.leads)

    def _does(self) -> None:
        self.keys += 1
        kind = self.chance.choice(["click", "page", "track", "open"])
        self.book.record(
            LeadActivity(
                f"k:{self.keys}",
                kind,
                NOW - timedelta(days=self.chance.choice([0, 1, 5, 12, 40])),
                lead_id=self.lead(),
                name="Demo Requested" if kind == "track" else "",
                detail={"path": self.chance.choice(["/pricing", "/jobs"])},
            )
        )

    def _is_corrected(self) -> None:
        what, value = self.chance.choice(
            [
                ("attributes", '{"plan": "pro"}'),
                ("attributes", '{"plan": "free", "size": "1,200"}'),
                ("attributes", '{"size": "few"}'),
                ("attributes", "{}"),
                ("country", "KR"),
                ("title", "CTO"),
                ("phone", ""),
                ("owner", "rep-1"),
            ]
        )
        self.book.run(
            f"UPDATE lead SET {what} = :value WHERE id = :id", value=value, id=self.lead()
        )

    def _moves(self) -> None:
        self.book.run(
            "UPDATE lead SET phase = :phase, phase_reason = 'lost', cycle = :cycle, stage = :stage,"
            " phase_since = :at, account_id = :account WHERE id = :id AND phase_reason <> 'erased'",
            phase=self.chance.choice(["Nurture", "Recycle"]),
            cycle=self.chance.choice([1, 2]),
            stage=self.chance.choice(["known", "engaged"]),
            at=NOW - timedelta(days=self.chance.randrange(9)),
            account=self.chance.choice([None, *self.accounts]),
            id=self.lead(),
        )

    def _is_suppressed(self) -> None:
        address = "(SELECT email_key FROM lead WHERE id = :id)"
        self.book.run(
            self.chance.choice(
                [
                    f"INSERT INTO suppression SELECT {address}, 'unsubscribed', now() "
                    f"WHERE {address} IS NOT NULL ON CONFLICT DO NOTHING",
                    f"DELETE FROM suppression WHERE email_key = {address}",
                    f"INSERT INTO topic_opt_out SELECT {address}, 'product', now() "
                    f"WHERE {address} IS NOT NULL ON CONFLICT DO NOTHING",
                    f"DELETE FROM topic_opt_out WHERE email_key = {address}",
                    "UPDATE lead SET email_key = 'x' || id || '@gmail.com' WHERE id = :id",
                ]
            ),
            id=self.lead(),
        )

    def _buys(self) -> None:
        self.keys += 1
        self.book.run(
            self.chance.choice(
                [
                    "INSERT INTO opportunity (key, lead_id, account_id, opened_at) SELECT :key, "
                    "id, account_id, :at FROM lead WHERE id = :id AND phase_reason <> 'erased'",
                    "UPDATE opportunity SET outcome = 'won', closed_at = :at WHERE lead_id = :id "
                    "AND :key <> ''",
                    "UPDATE opportunity SET outcome = 'lost', closed_at = :at WHERE lead_id = :id "
                    "AND :key <> ''",
                ]
            ),
            key=f"o{self.keys}",
            at=NOW - timedelta(days=self.chance.choice([1, 50])),
            id=self.lead(),
        )

    def _of_account(self) -> None:
        self.book.run(
            self.chance.choice(
                [
                    """UPDATE account SET attributes = '{"tier": "gold"}' WHERE id = :id""",
                    "UPDATE account SET attributes = '{}' WHERE id = :id",
                    "UPDATE account SET do_not_market_until = 'infinity' WHERE id = :id",
                    "UPDATE account SET do_not_market_until = NULL WHERE id = :id",
                ]
            ),
            id=self.chance.choice(self.accounts),
        )

    def _is_erased(self) -> None:
        if self.chance.random() < 0.3:
            self.book.run("UPDATE lead SET phase_reason = 'erased' WHERE id = :id", id=self.lead())

    def _is_gone(self) -> None:
        """As one that was merged away: what it did is another's."""
        if len(self.leads) < 4:
            return
        gone = self.leads.pop(self.chance.randrange(len(self.leads)))
        values = {"gone": gone, "into": self.lead()}
        for table in ("engagement", "opportunity"):
            self.book.run(f"UPDATE {table} SET lead_id = :into WHERE lead_id = :gone", **values)
        for table in ("confirmation", "crossing", "stage_transition", "alert"):
            self.book.run(f"DELETE FROM {table} WHERE lead_id = :gone", gone=gone)
        self.book.run("DELETE FROM lead WHERE id = :gone", gone=gone)

    def _waits(self) -> None:
        self.book.run(
            self.chance.choice(
                [
                    "INSERT INTO confirmation (lead_id, write_key_id, cadence, brought_at) "
                    "VALUES (:id, :key, '', now()) ON CONFLICT DO NOTHING",
                    "UPDATE confirmation SET confirmed_at = now() WHERE lead_id = :id AND :key > 0",
                ]
            ),
            id=self.lead(),
            key=self.write_key,
        )

    def _was_a_machine(self) -> None:
        self.book.run(
            "UPDATE engagement SET machine = 'scanner' WHERE lead_id = :id AND kind = 'click'",
            id=self.lead(),
        )
