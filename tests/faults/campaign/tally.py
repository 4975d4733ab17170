"""What became of everything that was acknowledged: lost, or doubled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from tests.faults.campaign.book import Book
from tests.faults.campaign.facts import Facts, Found

ONCE_IN_ALL = ("crossing", "suppression", "sale closed")
"""What is there once however often it is asked for, and may come about without being asked."""


def tally(book: Book, accepted: Mapping[str, Sequence[float]], facts: Facts) -> Found:
    """Compare what was acknowledged and asked for with what is there.

    Args:
        accepted: Message-ID → when the mail server took it.

    Returns:
        What is wrong → with what, for every kind of act; an empty list where nothing is.
    """
    found: Found = {}
    for kind, kept in facts.kept.items():
        asked = _by_address(book.asked[kind], facts)
        told = _by_address(book.acknowledged[kind], facts)
        there = _by_address(kept, facts)
        if kind in ONCE_IN_ALL:
            told = Counter(dict.fromkeys(told, 1))
            asked = there
        found[f"{kind}: lost"] = _more(told, there)
        found[f"{kind}: doubled"] = _more(there, asked)
    found["touch: doubled"] = [one for one, times in accepted.items() if len(times) > 1]
    found["touch: lost"] = [
        one.key for one in facts.touches if one.state == "sent" and one.message_id not in accepted
    ]
    ours = {one.message_id for one in facts.touches}
    found["touch: not in the ledger"] = sorted(set(accepted) - ours)
    return found | facts.wrong


def _by_address(counts: Counter[str], facts: Facts) -> Counter[str]:
    renamed: Counter[str] = Counter()
    for subject, times in counts.items():
        renamed[facts.address_of.get(subject, subject)] += times
    return renamed


def _more(these: Counter[str], those: Counter[str]) -> list[str]:
    """Subjects that are in ``these`` more often than in ``those``."""
    return [
        f"{subject}: {times}, not {those[subject]}"
        for subject, times in sorted(these.items())
        if times > those[subject]
    ]
