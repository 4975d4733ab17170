"""The invented people of the demo: what kind of lead each is, and how the sales team finds it.

Nothing here is drawn by lot: kinds are dealt out by position, so that every run of the demo with
at least :data:`FEWEST` leads shows every turn of the loop.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from domain.contracts.tasks import Disposition, TaskKind
from domain.email.addresses import address_key

EAST_ASIAN = re.compile("[\u3040-\u30ff\u4e00-\u9fff가-힣]")


@dataclass(frozen=True)
class Temperament:
    """How one kind of lead behaves.

    Mails are numbered from the first the lead ever got; one that is named twice in ``clicks`` is
    come back to a day or two later. The scripts (``qualify``, ``calls``,
    ``meetings``, ``opportunity``) are the outcomes of sales' work on the lead one after the other;
    the last goes on for ever. An outcome has the reason it needs behind a colon, and a lost
    opportunity whom it was lost to behind another.
    """

    clicks: tuple[int, ...] = ()
    replies: tuple[int, ...] = ()
    books_from: int = 0
    """The first mail from which it books by a link, if there is one; 0: never."""
    unsubscribes: int = 0
    returns_after_days: float = 0
    """Journey days after its sixth mail when it follows that mail's link; 0: never."""
    cancels: bool = False
    rebooks: int = 0
    """How many missed appointments it makes again by the link in a mail."""
    qualify: tuple[str, ...] = ("accept",)
    calls: tuple[str, ...] = ("meeting_booked",)
    meetings: tuple[str, ...] = ("held",)
    opportunity: tuple[str, ...] = ("advanced", "won")
    renewal: str = "renewed"


SILENT = Temperament()
READER = (1, 2, 3, 3)
"""Four clicks within two weeks: with three, the first has faded before the last is made, and the
shipped scoring policy hands nobody over to sales."""
SLOW_READER = (1, 3, 4, 4)
"""The same, a week later."""

EVERY_TURN = (
    Temperament(replies=(1,)),
    SILENT,
    Temperament(
        clicks=READER,
        calls=("no_answer", "left_voicemail", "meeting_booked"),
        opportunity=("advanced", "in_progress", "help", "advanced", "won"),
    ),
    Temperament(replies=(2,), meetings=("no_show", "held"), rebooks=1),
    # Reads two mails, is offered a talk in the fifth and takes it without a call.
    Temperament(
        clicks=(1, 2), books_from=4, opportunity=("advanced", "advanced", "lost:price:fieldhand")
    ),
    Temperament(unsubscribes=2),
    Temperament(replies=(1,), qualify=("return:student",)),
    Temperament(
        clicks=READER,
        replies=(5,),
        calls=("wrong_number", "meeting_booked"),
        opportunity=("lost:timing",),
    ),
    # Says nothing all the first time round, and buys in the second.
    Temperament(
        clicks=(7,),
        replies=(8,),
        calls=("busy", "meaningful", "meeting_booked"),
        renewal="lost:price",
    ),
    Temperament(replies=(1, 3), qualify=("return:too_early", "accept")),
    SILENT,
    Temperament(clicks=READER, calls=("no_answer", "left_voicemail", "busy", "no_answer")),
    # Comes back to an old mail while it is recycled.
    Temperament(returns_after_days=16, clicks=(7, 7, 8, 8), opportunity=("advanced", "leave")),
    Temperament(replies=(2,), meetings=("no_show",), rebooks=2),
    SILENT,
    Temperament(clicks=READER, calls=("call_back", "not_interested")),
    Temperament(replies=(1,), cancels=True, rebooks=1, opportunity=("no_outcome",)),
    Temperament(replies=(3,), calls=("connected", "unqualified")),
    Temperament(replies=(1,), meetings=("not_a_fit",)),
    SILENT,
)
"""One lead of each kind: with these the loop is shown."""
FEWEST = len(EVERY_TURN)

READS_ALONG = Temperament(clicks=(2, 5))
THE_MANY = (
    *(SILENT, READS_ALONG, SILENT, Temperament(replies=(6,)), SILENT, SILENT, READS_ALONG, SILENT),
    *(SILENT, Temperament(clicks=SLOW_READER), SILENT, READS_ALONG, Temperament(unsubscribes=1)),
    *(SILENT, SILENT, Temperament(clicks=(8,), replies=(9,)), SILENT, READS_ALONG, SILENT, SILENT),
)
"""Most leads do little for a long time, here as anywhere."""

TEMPERAMENTS = (*EVERY_TURN, *THE_MANY)

WORKS_WITHIN: Mapping[TaskKind, tuple[float, float]] = {
    TaskKind.QUALIFY: (0.3, 1.0),
    TaskKind.CALL: (0.2, 0.8),
    TaskKind.CADENCE: (0.3, 1.2),
    TaskKind.MEETING_OUTCOME: (0.2, 0.6),
    TaskKind.OPPORTUNITY: (1.0, 5.0),
    TaskKind.LOSS_REVIEW: (1.0, 4.0),
    TaskKind.HAND_OVER: (0.3, 2.0),
    TaskKind.CUSTOMER_QUESTION: (0.2, 0.8),
    TaskKind.LEAD_MESSAGE: (0.1, 0.5),
    TaskKind.RENEWAL: (1.0, 10.0),
    TaskKind.UPSELL: (1.0, 10.0),
    TaskKind.TO_DO: (0.1, 1.0),
}
"""Task kind → journey days until somebody of sales gets round to it."""

NOTES: Mapping[Disposition, str] = {
    Disposition.ACCEPT: "Fits: right size, right role, and wrote to us.",
    Disposition.RETURN: "Looked into it; not for us to call now.",
    Disposition.MEETING_BOOKED: "Wants to see it with their own job list.",
    Disposition.MEANINGFUL: "A good talk; wants to ask a colleague first.",
    Disposition.CALL_BACK: "In a meeting, asked for another time.",
    Disposition.WRONG_NUMBER: "The number belongs to somebody else.",
    Disposition.NOT_INTERESTED: "Signed with another vendor for this year.",
    Disposition.UNQUALIFIED: "Two technicians and no plans to grow.",
    Disposition.NO_SHOW: "Waited ten minutes, nobody came.",
    Disposition.WON: "Signed.",
    Disposition.HELP: "Likes it, and needs a case to show inside.",
    Disposition.LOST: "Went with a cheaper tool.",
    Disposition.RENEWED: "Stays, and is glad to.",
    Disposition.NOT_NOW: "Has all it needs for now.",
}
LEARNED = {
    "budget": "in this year's plan",
    "authority": "decides together with finance",
    "need": "second visits cost a day a week",
    "timeline": "before the busy season",
}


@dataclass
class DemoPerson:
    """One lead as it plays along."""

    email: str
    name: str
    temperament: Temperament
    mails: int = 0
    has_booked: bool = False
    has_missed: bool = False
    """Missed or called off its appointment and made no new one yet."""
    cancelled: bool = False
    rebooked: int = 0
    _turns: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def turn(self, script: tuple[str, ...], name: str) -> str:
        """The next outcome of a script."""
        position = self._turns[name]
        self._turns[name] += 1
        return script[min(position, len(script) - 1)]


def cut_sample(sample: Path, leads: int, into: Path) -> dict[str, DemoPerson]:
    """Copy the first ``leads`` rows of the sample CSV and cast them.

    Returns:
        Case-folded e-mail address → person.
    """
    with sample.open(encoding="utf-8", newline="") as file:
        reader = csv.DictReader(file)
        rows = [row for row, _ in zip(reader, range(leads), strict=False)]
        columns = reader.fieldnames or []
    with into.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    people = (
        DemoPerson(
            email=row["Email"],
            name=_name(row["First Name"], row["Last Name"]),
            temperament=TEMPERAMENTS[position % len(TEMPERAMENTS)],
        )
        for position, row in enumerate(rows)
    )
    return {address_key(person.email): person for person in people}


def _name(first: str, last: str) -> str:
    """The whole name as its script has it: the family name first in East Asia."""
    return f"{last}{first}" if EAST_ASIAN.search(last) else f"{first} {last}".strip()
