"""What a campaign prints."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.faults.campaign.book import Book
from tests.faults.campaign.facts import Facts, Found
from tests.faults.campaign.faults import SERVERS, Fault
from tests.faults.campaign.recovery import Wait, recoveries, summary
from tests.faults.campaign.scene import Plan
from tests.faults.campaign.services import reports_on

EXAMPLES = 10


@dataclass(frozen=True)
class Report:
    """All that a campaign has brought. ``quiet_after`` are the seconds until nothing waited any
    more, None for never; ``gave_up`` counts programs that ended by themselves."""

    plan: Plan
    book: Book
    facts: Facts
    accepted: Mapping[str, Sequence[float]]
    wrong: Found
    faults: Sequence[Fault]
    waits: Mapping[str, Sequence[Wait]]
    gave_up: int
    quiet_after: float | None
    failures: Sequence[str]


def report(of: Report) -> dict[str, Any]:
    """The figures, as JSON has them."""
    return {
        "seed": of.plan.seed,
        "minutes": of.plan.seconds / 60,
        "faults": len(of.faults),
        "faults a minute": round(len(of.faults) / of.plan.seconds * 60, 1),
        "faults by kind": dict(
            sorted(Counter(f"{one.what} {one.how}" for one in of.faults).items())
        ),
        "programs that gave up": of.gave_up,
        "acts": {
            kind: {
                "asked": of.book.asked[kind].total(),
                "acknowledged": of.book.acknowledged[kind].total(),
                "lost": len(of.wrong[f"{kind}: lost"]),
                "doubled": len(of.wrong[f"{kind}: doubled"]),
            }
            for kind in of.facts.kept
        },
        "mails": len(of.accepted),
        "touches": _touches(of),
        "seconds to recover": _recovery(of),
        "longest silence": round(_longest_silence(of.accepted), 1),
        "quiet after": of.quiet_after,
        "wrong": {what: which[:EXAMPLES] for what, which in of.wrong.items() if which},
        "failures": list(of.failures),
        "good": not any(of.wrong.values()) and not of.failures and of.quiet_after is not None,
    }


def _touches(of: Report) -> dict[str, Any]:
    """How many touches there are, and the share that is unknown where SendGrid tells nothing."""
    alone = [one for one in of.facts.touches if not reports_on(one.address)]
    unknown = sum(one.state == "unknown" for one in alone)
    return {
        **Counter(one.state for one in of.facts.touches),
        "without SendGrid": len(alone),
        "of these unknown": unknown,
        "unknown in 100 faults": round(100 * unknown / max(1, len(of.faults)), 1),
    }


def _recovery(of: Report) -> dict[str, Any]:
    told = {}
    for server, (kind, waits) in itertools.product(SERVERS, of.waits.items()):
        every, calm = recoveries(server, of.faults, waits)
        told[f"{server}: {kind}"] = {"all": summary(every), "nothing else wrong": summary(calm)}
    return told


def _longest_silence(accepted: Mapping[str, Sequence[float]]) -> float:
    times = sorted(at for each in accepted.values() for at in each)
    return max((b - a for a, b in itertools.pairwise(times)), default=0.0)


def table(result: Mapping[str, Any]) -> str:
    """The figures for people."""
    lines = [f"{'':28}{'asked':>9}{'acknowl.':>10}{'lost':>8}{'doubled':>9}"]
    for kind, one in result["acts"].items():
        counts = (one["asked"], one["acknowledged"], one["lost"], one["doubled"])
        lines.append(f"{kind:28}{counts[0]:9}{counts[1]:10}{counts[2]:8}{counts[3]:9}")
    for name in ("faults by kind", "touches", "seconds to recover", "wrong"):
        lines.append(f"\n{name}")
        lines += [f"  {what:40} {_short(figure)}" for what, figure in result[name].items()]
    lines.append("")
    shown = ("acts", "faults by kind", "touches", "seconds to recover", "wrong")
    lines += [f"{what:24} {figure}" for what, figure in result.items() if what not in shown]
    return "\n".join(lines)


def _short(figure: Any) -> str:
    return re.sub(r"[{}']", "", str(figure))
