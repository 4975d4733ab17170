"""What a file says makes many leads ready at once: sales would get them all in one morning."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from domain.lead_files.columns import recognise
from domain.lead_files.lead_file import read_lead_file
from domain.lead_files.preview import Head, preview
from domain.lead_files.row import RowReader
from domain.scoring.policy import ScoringPolicy
from store.imports import lead_import
from store.published.policies import policy
from store.scoring.engagement import LeadActivity
from store.scoring.import_pace import ImportPace, import_pace
from store.scoring.lead_standing import is_ready_on_entry
from store.scoring.sales_pace import Pace, room, waiting
from store.scoring.scoring import refresh_fit
from store.scoring.scoring_runs import hand_over
from tests.support.scored_leads import NOW, Book, scoring

PER_HOUR = 12
EAGER = scoring(
    matrix={
        "A": ["hot", "mql", "mql", "mql"],
        "B": ["hot", "mql", "engaged", "known"],
        "C": ["mql", "mql", "engaged", "known"],
        "D": ["engaged", "engaged", "known", "known"],
    },
    backlog_per_hour=PER_HOUR,
)
"""Who decides is worth a call, whatever it does."""
FIVE_MINUTES = timedelta(minutes=5)


@pytest.fixture
def eager(book: Book) -> Book:
    """A book with these rules."""
    book.publish(EAGER)
    return book


def enters(book: Book, lead: int, at: datetime = NOW) -> bool:
    """The lead enters nurture; whether it goes on to sales at once."""
    with book.database.begin() as connection:
        return is_ready_on_entry(connection, lead, at)


def round_of_the_desk(book: Book, at: datetime) -> int:
    """Hand over the next portion, as the sales sweep does each five minutes."""
    with book.database.begin() as connection:
        rules = policy(connection, ScoringPolicy)
        return hand_over(connection, room(connection, rules, at), at, cause="entry")


def test_leads_that_a_file_makes_ready_go_to_sales_at_the_pace(eager: Book) -> None:
    leads = [eager.lead(fit="A", fit_points=30) for _ in range(30)]

    at_once = sum(enters(eager, lead) for lead in leads)
    assert at_once == 1, "more than the portion of five minutes went to sales"

    done = [round_of_the_desk(eager, NOW + FIVE_MINUTES * number) for number in range(1, 31)]
    assert max(done) == 1
    assert at_once + sum(done[:11]) == PER_HOUR
    assert at_once + sum(done) == 30, "somebody was forgotten"
    assert round_of_the_desk(eager, NOW + timedelta(hours=4)) == 0


def test_the_most_interested_and_best_fitting_go_first(eager: Book) -> None:
    at = NOW - timedelta(days=1)
    plain = eager.lead(fit="A", fit_points=30)
    better = eager.lead(fit="A", fit_points=50)
    keen = eager.lead(fit="A", fit_points=30, interest=5, interest_as_of=at)

    order = []
    for number in range(3):
        round_of_the_desk(eager, NOW + FIVE_MINUTES * number)
        order = eager.values("SELECT lead_id FROM crossing ORDER BY id")

    assert order == [keen, better, plain]


def test_who_does_something_now_does_not_wait(eager: Book) -> None:
    """The call within five minutes is worth most: no list may stand before it."""
    waits = [eager.lead(fit="A") for _ in range(5)]
    assert [enters(eager, lead) for lead in waits] == [True, False, False, False, False]

    came_by_itself = eager.lead(fit="A", interest=70, interest_as_of=NOW - FIVE_MINUTES)
    eager.record(LeadActivity("demo", "track", NOW, lead_id=waits[-1], name="Demo Requested"))

    assert enters(eager, came_by_itself)
    assert eager.values(f"SELECT cause FROM crossing WHERE lead_id = {waits[-1]}") == ["event"]


def test_data_of_other_programs_goes_to_sales_at_the_pace_too(eager: Book) -> None:
    """A CRM that tells of all its contacts is an import by another door."""
    leads = [eager.lead(fit="C", title="CTO") for _ in range(9)]

    with eager.database.begin() as connection:
        crossed = refresh_fit(connection, leads, NOW)
        left = waiting(connection, EAGER, NOW)

    assert (crossed, left) == (1, 8)
    assert eager.values("SELECT DISTINCT fit_points FROM lead") == [30]


FILE = "Email,Job Title,Unsubscribed\n" + "".join(
    f"p{number}@pace.example,{'CTO' if number % 2 else 'Clerk'},{'yes' if number == 1 else ''}\n"
    for number in range(60)
)


def test_a_preview_says_what_an_import_then_does(eager: Book) -> None:
    """Marketing would import on Monday what sales can't call before Thursday."""
    for _ in range(6):
        eager.lead(fit="A")
    leads = read_lead_file(FILE.encode())
    columns = recognise(leads.header)
    with eager.database.begin() as connection:
        looked = import_pace(connection, preview(Head.of(leads), columns), leads.line_count, NOW)

        reader = RowReader(columns)
        rows = [(one.row, reader.read(one.values)) for one in leads.records()]
        lead_import.prepare(connection)
        lead_import.stage(connection, rows)
        lead_import.opt_out_staged(connection, file_name="f.csv", now=NOW)
        lead_import.merge(connection)
        lead_import.judge_fit(connection, NOW)
        done = lead_import.ready_for_sales(connection, NOW)

    assert looked == ImportPace(rows=60, ready=30, whole_file=30, per_hour=PER_HOUR, hours=3)
    assert done == Pace(ready=30, per_hour=PER_HOUR, hours=3)
    assert eager.crossings(eager.value("SELECT min(id) FROM lead WHERE title = 'CTO'")) == []


def test_a_preview_knows_the_companies_as_the_import_will(eager: Book) -> None:
    """A rule that asks for the domain of a company would be told of after the import only."""
    here = {"rule": "here", "if": 'account.domain.endsWith(".kr")', "points": 30}
    eager.publish(EAGER.model_copy(update={"fit": scoring(fit=[here]).fit}))
    leads = read_lead_file(
        b"email,company,website\n"
        b"a@one.example,One,https://www.one.kr/about\nb@two.example,Two,two.example\n"
    )
    with eager.database.begin() as connection:
        columns = recognise(leads.header)
        looked = import_pace(connection, preview(Head.of(leads), columns), leads.line_count, NOW)

    assert looked.ready == 1
