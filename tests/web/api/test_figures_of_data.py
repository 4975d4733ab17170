"""Whether mail arrives and what leads lack, as programs ask for it."""

from __future__ import annotations

import csv
import io
import random
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text

from domain.engagement.bounces import BounceMeaning
from tests.web.api.conftest import Api

ZONE = ZoneInfo("UTC")
"""The company's, where nothing says another."""
TOUCH = text(
    "INSERT INTO touch (key, lead_id, step, channel, state, planned_at, sent_at, delivered_at) "
    "VALUES (gen_random_uuid()::text, :lead, 's', 'sendgrid', :state, :at, :sent, :delivered) "
    "RETURNING id"
)
EVENT = text(
    "INSERT INTO engagement (key, lead_id, touch_id, kind, detail, at) "
    "VALUES (gen_random_uuid()::text, :lead, :touch, :kind, cast(:detail AS jsonb), :at)"
)
REFUSAL = text(
    "INSERT INTO mail_refusal (key, touch_id, channel, meaning, code, at) "
    "VALUES (gen_random_uuid()::text, :touch, 'sendgrid', 'reputation', '550', :at)"
)


async def figures(api: Api, role: str, path: str) -> Any:
    answer = await api.ask(role, "GET", f"/figures/{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def mails(api: Api, now: datetime) -> Counter[tuple[str, str, str]]:
    """Mails of some weeks with every end; domain, week and what became of each, counted here."""
    chance, counted = random.Random(1), Counter[tuple[str, str, str]]()
    leads = {
        api.lead(f"p{n}@{domain}", owner): domain
        for n in range(6)
        for domain, owner in (("acme.example", "rep-1"), ("oddname.example", "rep-9"))
    }
    ends = ["ok", "delivered", "ours", "complaint", "unsubscribe", "failed", *BounceMeaning]
    with api.database.begin() as connection:
        for _ in range(300):
            lead, end = chance.choice(list(leads)), chance.choice(ends)
            at = now - timedelta(days=chance.uniform(1, 30))
            refused = end == "failed" or (end == "address_dead" and chance.random() < 0.5)
            touch = connection.execute(
                TOUCH,
                {
                    "lead": lead,
                    "state": "failed" if refused else "sent",
                    "at": at,
                    "sent": None if refused else at,
                    "delivered": at if end == "delivered" else None,
                },
            ).scalar_one()
            about = {"lead": lead, "touch": touch, "at": at + timedelta(hours=1), "detail": "{}"}
            if end == "ours":
                connection.execute(REFUSAL, {"touch": touch, "at": about["at"]})
            elif end in ("complaint", "unsubscribe"):
                connection.execute(EVENT, about | {"kind": end})
            elif end == "address_dead":
                connection.execute(EVENT, about | {"kind": "bounce"})
            elif end not in ("ok", "delivered", "failed"):
                detail = f'{{"meaning": "{end}"}}'
                connection.execute(EVENT, about | {"kind": "soft_bounce", "detail": detail})
            if end == "failed":
                continue
            monday = at.astimezone(ZONE).date()
            monday -= timedelta(days=monday.weekday())
            counted[leads[lead], monday.isoformat(), "reputation" if end == "ours" else end] += 1
    return counted


async def test_each_mail_counts_once_in_the_week_and_domain_it_was_sent_to(api: Api) -> None:
    """Ops see that a provider refuses us only if what is said of each mail ends up where it
    belongs; the figures are counted here a second way, and their parts add up."""
    expected = mails(api, datetime.now(UTC))
    begins = (datetime.now(ZONE) - timedelta(days=33)).date()

    found = await figures(api, "ops", f"deliverability?from={begins}")

    rows = {(one["domain"], one["week"]): one for one in found["rows"]}
    assert set(rows) == {key[:2] for key in expected}
    for (domain, week), row in rows.items():
        own = {key[2]: number for key, number in expected.items() if key[:2] == (domain, week)}
        assert row["sent"] == sum(own.values())
        assert row["delivered"] == own.get("delivered", 0)
        assert row["complained"] == own.get("complaint", 0)
        assert row["unsubscribed"] == own.get("unsubscribe", 0)
        for meaning in BounceMeaning:
            assert row[meaning] == own.get(meaning, 0), (domain, week, meaning)
        assert row["bounced"] == sum(row[one] for one in BounceMeaning)
    for parts in ("weeks", "domains", "rows"):
        for name in ("sent", "delivered", "bounced", "reputation", "complained", "unsubscribed"):
            assert sum(one[name] for one in found[parts]) == found["whole"][name]
    whole = found["whole"]
    assert whole["bounce_rate"] == round(whole["bounced"] / whole["sent"], 4)
    # An SDR sees what went to the team's leads, and nothing of a domain that is another team's.
    own = await figures(api, "sdr", f"deliverability?from={begins}")
    assert {one["domain"] for one in own["domains"]} == {"acme.example"}

    answer = await api.ask("ops", "GET", f"/figures/deliverability.csv?from={begins}")
    lines = list(csv.DictReader(io.StringIO(answer.text.lstrip("\ufeff"))))
    assert sum(int(one["sent"]) for one in lines) == whole["sent"]


async def test_what_leads_lack_is_counted_as_the_list_that_it_opens(api: Api) -> None:
    """A number that opens another number of leads is trusted no more."""
    known = {"country": "DE", "time_zone_certainty": 1}
    api.lead("a@x.example", "rep-1", source="fair", **known)
    api.lead("b@x.example", "rep-9", source="fair", country="DE")
    api.lead("c@x.example", source="web", phase="Nurture", stage="known", phone="+4930123456")
    api.lead("d@x.example", source="web", phone="+4930123456")
    api.lead("e@x.example", source="web", phase_reason="erased")

    found = await figures(api, "marketing", "data-quality")

    whole = found["whole"]
    assert (whole["leads"], whole["without_owner"], whole["in_sales_without_owner"]) == (4, 2, 1)
    assert (whole["without_country"], whole["without_time_zone"]) == (2, 3)
    assert found["duplicates"] == 1
    assert [(one["source"], one["leads"]) for one in found["sources"]] == [("fair", 2), ("web", 2)]
    for name, filters in (
        ("without_owner", "without=owner"),
        ("in_sales_without_owner", "without=owner&phase=FollowUp&phase=Meeting&phase=Opportunity"),
        ("without_country", "without=country"),
        ("without_time_zone", "without=time_zone"),
    ):
        for source, row in ((None, whole), *((one["source"], one) for one in found["sources"])):
            narrowed = filters if source is None else f"{filters}&source={source}"
            listed = (await api.ask("marketing", "GET", f"/leads?{narrowed}")).json()["items"]
            assert len(listed) == row[name], (name, source)
    refused = await api.ask("marketing", "GET", "/leads?without=hope")
    assert refused.status_code == 422
    own = (await figures(api, "sdr", "data-quality"))["whole"]
    assert (own["leads"], own["without_owner"], own["without_time_zone"]) == (1, 0, 0)
    # Customer success sees the customers of all.
    api.lead("f@x.example", "rep-9", stage="customer", phase="Customer")
    seen = (await figures(api, "success", "data-quality"))["whole"]
    for name, lacking in (("leads", ""), ("without_country", "?without=country")):
        listed = (await api.ask("success", "GET", f"/leads{lacking}")).json()["items"]
        assert seen[name] == len(listed) > 0, name
