"""The inbox as the people who live in it use it: by keyboard, in two browsers, on a phone."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import delete, insert, select, update

from domain.contracts.tasks import TaskKind
from domain.tasks.rules import TASKS
from store.tables import Lead, PendingDisposition, Task
from store.tasks.pending_dispositions import release_due
from tests.console.conftest import Console
from tests.support.web_app import Site

NAMES = ("Ada", "Ben", "Cleo", "Dan", "Eva", "Finn", "Gia", "Hugo", "Ida", "Jon")
_numbers = count(1)


@pytest.fixture
def floor(site: Site) -> Iterator[Site]:
    """The site; what this test leaves open is closed, so that the next one begins with its own."""
    yield site
    with site.database.begin() as connection:
        ours = Task.key.like("inbox:%")
        connection.execute(
            delete(PendingDisposition).where(
                PendingDisposition.task_id.in_(select(Task.id).where(ours))
            )
        )
        connection.execute(update(Task).where(ours, Task.state == "open").values(state="withdrawn"))


def work(site: Site, *names: str, kind: str = "call", rep: str = "rep-3") -> list[int]:
    """Leads of a rep, each with a task, the first due first and all before the rep's others."""
    now = datetime.now(UTC)
    made = []
    with site.database.begin() as connection:
        for place, name in enumerate(names):
            number = next(_numbers)
            email = f"{name.casefold()}{number}@inbox.example"
            lead = connection.scalars(
                insert(Lead)
                .values(
                    email=email,
                    email_key=email,
                    first_name=name,
                    last_name="Marlow",
                    phone="+442071838750",
                    owner=rep,
                    stage="mql",
                    phase="FollowUp",
                    phase_reason="score_reached",
                    phase_since=now,
                )
                .returning(Lead.id)
            ).one()
            due = now - timedelta(days=30) + timedelta(minutes=place)
            made.append(
                connection.scalars(
                    insert(Task)
                    .values(
                        key=f"inbox:{number}",
                        lead_id=lead,
                        kind=kind,
                        title=kind,
                        dispositions=TASKS[TaskKind(kind)].dispositions,
                        owner=rep,
                        state="open",
                        opened_at=due,
                        due_at=due,
                        deadline_at=now + timedelta(days=9),
                        workflow_id=f"lead-{lead}",
                        run_id="none",
                    )
                    .returning(Task.id)
                ).one()
            )
    return made


def heading(page: Page, name: str) -> None:
    """Wait until the screen of this lead's task is there, with its ways out and their keys."""
    expect(page.locator(".task h2").first).to_have_text(f"{name} Marlow")
    expect(page.locator(".task .endings [data-key]").first).to_be_visible()


def press(page: Page, *keys: str) -> None:
    """Press keys, each once what the one before opened is there."""
    for key in keys:
        page.keyboard.press(key)
        if key != "Enter":
            expect(page.locator(".ending.open")).to_have_count(1)
            expect(page.get_by_role("button", name="Confirm")).to_be_focused()


def ended(site: Site, tasks: list[int]) -> list[str]:
    """What the tasks ended with, once nothing can be taken back any more."""
    site.value(
        "UPDATE pending_disposition SET release_at = now() WHERE release_at < 'infinity' "
        "RETURNING 1"
    )
    release_due(site.database)
    return [
        site.value("SELECT state || ' ' || disposition FROM task WHERE id = :id", id=task)
        for task in tasks
    ]


def test_an_sdr_clears_ten_tasks_by_keyboard(floor: Site, console: Console) -> None:
    """Whoever has to reach for the mouse ten times would rather keep a spreadsheet."""
    tasks = work(floor, *NAMES)
    page = console("sdr", "rep-3")
    page.goto("/console/inbox")
    for name, keys in zip(NAMES, ["6", "5", "7", "9", "8", "2", "6", "1", "4", "6"], strict=True):
        heading(page, name)
        if name == "Gia":
            page.keyboard.press("n")
            page.keyboard.type("Back on Monday")
            page.keyboard.press("Escape")
        press(page, keys)
        if keys in "14":
            page.keyboard.press("2")
            expect(page.locator("[aria-pressed=true]")).to_have_count(1)
            expect(page.get_by_role("button", name="Confirm")).to_be_focused()
        press(page, "Enter")
    expect(page.get_by_text(re.compile(r"All done: \d+ tasks today"))).to_be_visible()
    expect(page.get_by_role("link", name="Mine 0")).to_be_visible()

    assert ended(floor, tasks) == [
        "done no_answer",
        "done left_voicemail",
        "done busy",
        "done not_interested",
        "done wrong_number",
        "done connected",
        "done no_answer",
        "done meeting_booked",
        "done call_back",
        "done no_answer",
    ]
    note = "SELECT completed_by || ': ' || (answer->>'note') FROM task WHERE id = :id"
    assert floor.value(note, id=tasks[6]) == "rep-3: Back on Monday"


def test_two_browsers_do_a_task_once_and_one_takes_it_back(floor: Site, console: Console) -> None:
    """A lead would be called twice; and a wrong key could not be undone."""
    tasks = work(floor, "Kay", "Lou")
    one, two = console("sdr", "rep-3"), console("sdr", "rep-3")
    for page in (one, two):
        page.goto("/console/inbox")
        heading(page, "Kay")
        press(page, "8")
    expect(one.locator(".ending.open .next")).to_contain_text("back to marketing")

    press(one, "Enter")
    heading(one, "Lou")
    two.keyboard.press("Enter")

    expect(two.get_by_text("서지우 has just done it")).to_be_visible()
    # On a busy machine six seconds are soon over; and whoever reloads may still think better of it.
    floor.value(
        "UPDATE pending_disposition SET release_at = now() + interval '9 minutes' RETURNING 1"
    )
    one.reload()
    heading(one, "Lou")
    expect(one.locator(".undo")).to_contain_text("Wrong number")
    one.keyboard.press("u")
    heading(one, "Kay")
    expect(one.locator(".ending.open")).to_contain_text("Wrong number")
    one.keyboard.press("6")
    # One is open already: only the other's text says that it has taken its place.
    expect(one.locator(".ending.open")).to_contain_text("No answer")
    expect(one.get_by_role("button", name="Confirm")).to_be_focused()
    press(one, "Enter")
    heading(one, "Lou")
    assert ended(floor, tasks) == ["done no_answer", "open "]


def test_new_tasks_appear_and_disturb_nobody(floor: Site, console: Console) -> None:
    """An SDR in the middle of a note would lose it, or write it to another lead; and would not
    hear why a disposition did not count."""
    (first,) = work(floor, "Mia")
    page = console("sdr", "rep-3")
    page.goto("/console/inbox")
    heading(page, "Mia")
    page.keyboard.press("n")
    page.keyboard.type("She asked for")

    (second,) = work(floor, "Ned")
    expect(page.locator(f"[data-task='{second}']")).to_be_visible()
    page.keyboard.type(" prices")
    expect(page.get_by_label("Note")).to_have_value("She asked for prices")
    page.keyboard.press("Escape")
    press(page, "6", "Enter")
    heading(page, "Ned")
    floor.value("UPDATE task SET state = 'withdrawn' WHERE id = :id RETURNING 1", id=first)
    assert ended(floor, [first]) == ["withdrawn "]
    expect(page.locator(".refused")).to_contain_text("Mia Marlow was not taken")
    page.get_by_role("button", name="Put away").click()
    expect(page.locator(".refused")).to_have_count(0)


def test_an_sdr_reads_in_korean_what_happened_instead(floor: Site, console: Console) -> None:
    """Who does not read English would not know that a colleague was faster, and when."""
    (task,) = work(floor, "Rae")
    page = console("sdr", "rep-3", language="ko")
    page.goto("/console/inbox")
    heading(page, "Rae")
    page.keyboard.press("6")
    expect(page.get_by_role("button", name="확정")).to_be_focused()
    floor.value(
        "UPDATE task SET state = 'done', disposition = 'busy', completed_by = 'rep-1', "
        "completed_at = '2026-03-02 00:30+00' WHERE id = :id RETURNING 1",
        id=task,
    )
    page.keyboard.press("Enter")

    wrong = page.locator(".wrong")
    expect(wrong).to_contain_text(
        f"업무 {task}은(는) 더 이상 완료할 수 없습니다. Hana Lindqvist 님이"
    )
    expect(wrong).to_contain_text("‘통화 중’(으)로 처리했습니다.")


def test_on_a_phone_the_list_then_the_task(floor: Site, console: Console) -> None:
    """SDRs work on the road: the call must be one tap away, and the list must not be lost."""
    tasks = work(floor, "Ola", "Pia")
    page = console("sdr", "rep-3", phone=True)
    page.goto("/console/inbox")
    expect(page.locator(".task")).not_to_be_visible()
    page.get_by_role("link", name="Ola Marlow").tap()
    heading(page, "Ola")
    expect(page.locator(".inbox .list")).not_to_be_visible()
    assert page.locator("a[href^='tel:']").get_attribute("href") == "tel:+442071838750"
    page.go_back()
    expect(page.get_by_role("link", name="Pia Marlow")).to_be_visible()
    page.go_forward()
    page.get_by_label("Note").fill("Out until Monday")
    # A phone that is called with forgets the page; it is loaded anew.
    page.reload()
    heading(page, "Ola")
    expect(page.get_by_label("Note")).to_have_value("Out until Monday")
    expect(page.locator(".inbox .list")).not_to_be_visible()
    page.get_by_role("button", name="No answer").tap()
    page.get_by_role("button", name="Confirm").tap()
    heading(page, "Pia")
    expect(page.get_by_label("Note")).to_have_value("")
    page.get_by_role("button", name="All tasks").tap()
    expect(page.get_by_role("link", name="Pia Marlow")).to_be_visible()
    assert ended(floor, tasks) == ["done no_answer", "open "]
    note = "SELECT answer->>'note' FROM task WHERE id = :id"
    assert floor.value(note, id=tasks[0]) == "Out until Monday"

    lead = floor.value("SELECT lead_id FROM task WHERE id = :id", id=tasks[1])
    page.goto(f"/console/leads/{lead}")
    call = page.get_by_role("link", name="+442071838750")
    expect(call).to_be_in_viewport()
    # An address that is older than what it names still shows the inbox.
    page.goto("/console/inbox?task=987654321")
    expect(page.get_by_text("There is no task 987654321")).to_be_visible()
    expect(page.get_by_role("link", name="Pia Marlow")).to_be_visible()


def test_a_manager_gives_the_work_of_one_rep_to_another(floor: Site, console: Console) -> None:
    """Else the leads of who is ill wait until they are back."""
    tasks = work(floor, "Rex", "Sue")
    page = console("manager")
    page.goto("/console/inbox?tab=team&rep=rep-3")
    for name in ("Rex", "Sue"):
        page.get_by_label(f"Choose {name} Marlow").check()
    expect(page.get_by_text("2 leads chosen")).to_be_visible()
    page.get_by_label("Give to").click()
    page.get_by_role("option", name="Jonas Adeyemi").click()
    page.get_by_role("button", name="Reassign").click()
    expect(page.get_by_role("dialog")).to_contain_text("Give 2 leads to Jonas Adeyemi?")
    page.get_by_role("dialog").get_by_role("button", name="Reassign").click()
    expect(page.locator(f"[data-task='{tasks[0]}']")).to_have_count(0)
    owners = "SELECT string_agg(owner, ' ') FROM task WHERE id = ANY(:ids)"
    assert floor.value(owners, ids=tasks) == "rep-2 rep-2"


def test_leads_that_nobody_has_come_and_go_by_themselves(floor: Site, console: Console) -> None:
    """A manager who keeps the unassigned queue open would miss the lead that waits since noon, or
    lose the ticks with each one that comes."""
    tasks = work(floor, "Tom", "Una", rep="")
    page = console("manager")
    page.goto("/console/inbox?tab=unassigned")
    page.get_by_label("Choose Tom Marlow").check()
    expect(page.get_by_text("1 lead chosen")).to_be_visible()

    (third,) = work(floor, "Vic", rep="")
    expect(page.get_by_label("Choose Vic Marlow")).to_be_visible()
    expect(page.get_by_label("Choose Tom Marlow")).to_be_checked()
    page.get_by_label("Choose Una Marlow").check()
    owned = "UPDATE lead SET owner = 'rep-1' FROM task WHERE task.lead_id = lead.id AND task.id"
    floor.value(f"{owned} = :id RETURNING 1", id=tasks[0])
    expect(page.get_by_label("Choose Tom Marlow")).to_have_count(0)
    expect(page.get_by_text("1 lead chosen")).to_be_visible()
    floor.value(f"{owned} = ANY(:ids) RETURNING 1", ids=[tasks[1], third])
    expect(page.get_by_text("Vic Marlow")).to_have_count(0)


def test_who_accepts_to_call_now_is_brought_to_the_call(floor: Site, console: Console) -> None:
    """The lead is on the phone, and its task waits somewhere in the list."""
    accepted, _other = work(floor, "Vera", "Will", kind="qualify")
    page = console("sdr", "rep-3")
    page.goto("/console/inbox")
    heading(page, "Vera")
    expect(page.get_by_role("heading", name="Is it one for you?")).to_be_visible()
    expect(page.locator(".task .countdown")).to_have_text(re.compile(r"^\d+ days late$"))
    page.keyboard.press("n")
    page.keyboard.press("Control+Enter")
    alert = page.get_by_role("alert").filter(has_text="Choose how it ended first.")
    # On red only white is easy to read.
    expect(alert.get_by_role("button", name="Close")).to_have_css("color", "rgb(255, 255, 255)")
    page.keyboard.press("Escape")
    press(page, "3", "Enter")

    heading(page, "Will")
    assert floor.value("SELECT disposition FROM task WHERE id = :id", id=accepted) == (
        "accept_and_call"
    )
    floor.value(
        "INSERT INTO task (key, lead_id, kind, dispositions, owner, state, opened_at, due_at, "
        "deadline_at, workflow_id, run_id) SELECT key || '-call', lead_id, 'call', :ways, owner, "
        "'open', opened_at, due_at, deadline_at, workflow_id, run_id FROM task WHERE id = :id "
        "RETURNING id",
        id=accepted,
        ways=json.dumps(TASKS[TaskKind.CALL].dispositions),
    )
    heading(page, "Vera")
    expect(page.get_by_role("heading", name="What to say")).to_be_visible()


def test_a_review_asks_in_fields_and_a_competitor_is_typed_as_it_is_called(
    floor: Site, console: Console
) -> None:
    """A manager would number answers in a note, and a seller be told to write "acme_inc"."""
    review = work(floor, "Xenia", kind="loss_review")[0]
    sale = work(floor, "Yuri", kind="opportunity")[0]
    questions = ["What changed?", "What would we do differently?"]
    facts = json.dumps({"stage": "proposal", "reason": "price", "questions": questions})
    floor.value("UPDATE task SET facts = :facts WHERE id = :id RETURNING 1", facts=facts, id=review)
    page = console("sdr", "rep-3")
    page.goto(f"/console/tasks/{review}")
    page.get_by_label(questions[0]).fill("Their CFO left")
    page.keyboard.press("Escape")
    press(page, "1", "Enter")
    expect(page).to_have_url(re.compile("/console/inbox"))
    page.goto(f"/console/tasks/{sale}")
    heading(page, "Yuri")
    press(page, "7")
    page.get_by_role("button", name="Competitor").click()
    page.get_by_label("Lost to whom?").fill("Acme Dispatch Inc.")
    page.keyboard.press("Enter")
    expect(page).to_have_url(re.compile("/console/inbox"))

    assert ended(floor, [review, sale]) == ["done done", "done lost"]
    answer = "SELECT answer->>:name FROM task WHERE id = :id"
    assert floor.value(answer, name="note", id=review) == "What changed?\nTheir CFO left"
    assert floor.value(answer, name="competitor", id=sale) == "acme_dispatch_inc"


def test_an_sdr_does_only_calls_puts_one_off_and_decides_of_the_mail(
    floor: Site, console: Console
) -> None:
    """Who is in the middle of calls is thrown out of them by other work; who can't do a task now
    writes it on paper; and who has just spoken to a lead could not stop a mail that says
    "I tried to call you"."""
    later = datetime.now(UTC) + timedelta(hours=5)
    calls, judged = work(floor, "Xan", "Yve", "Zoe"), work(floor, "Abe", kind="qualify")
    floor.value(
        "UPDATE task SET due_at = :due, hot = false WHERE id = ANY(:ids) RETURNING 1",
        due=later,
        ids=calls,
    )
    page = console("sdr", "rep-3")
    page.goto("/console/inbox")
    heading(page, "Abe")
    first = page.locator(f"[data-task='{calls[0]}']")
    expect(first.locator(".title")).to_contain_text("Call, attempt 1 of")
    expect(first.locator(".title + .quiet")).to_contain_text("Call")
    page.keyboard.press("o")
    expect(page.locator(f"[data-task='{judged[0]}']")).to_have_count(0)
    heading(page, "Xan")

    page.keyboard.press("z")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Not beyond its deadline")
    page.keyboard.press("1")
    heading(page, "Yve")
    expect(page.get_by_role("heading", name="Snoozed 1")).to_be_visible()
    floor.value(
        "UPDATE task SET snoozed_until = now() - interval '1 minute' WHERE id = :id RETURNING 1",
        id=calls[0],
    )
    expect(page.get_by_role("heading", name="Snoozed")).to_have_count(0)

    floor.value(
        "INSERT INTO busy_calendar (rep, url, look_at, read_at, trouble) VALUES ('rep-3', "
        "'https://calendar.example/a.ics', now() + interval '1 day', now() - interval '1 day', "
        "'timeout') RETURNING 1"
    )
    page.reload()
    heading(page, "Yve")
    press(page, "1")
    expect(page.get_by_role("note")).to_contain_text("a time may be taken since")
    page.keyboard.press("Escape")
    expect(page.locator(".ending.open")).to_have_count(0)
    floor.value("DELETE FROM busy_calendar RETURNING 1")
    press(page, "6")
    page.keyboard.press("s")
    expect(page.get_by_text("No mail goes out.")).to_be_visible()
    page.keyboard.press("Enter")
    heading(page, "Zoe")
    press(page, "6")
    page.keyboard.press("e")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_label("Text")).to_have_value(re.compile(r"^Hi Zoe,"))
    dialog.get_by_label("Text").fill("Hi {{ lead.shoe_size }}")
    dialog.get_by_role("button", name="Use these words").click()
    expect(dialog.get_by_role("alert")).to_contain_text("shoe_size")
    dialog.get_by_label("Text").fill("Hi Zoe, as I said on the phone.")
    dialog.get_by_role("button", name="Show as it would arrive").click()
    expect(dialog.locator("pre")).to_contain_text("as I said on the phone")
    dialog.get_by_role("button", name="Use these words").click()
    expect(page.get_by_text("The mail goes out in your words.")).to_be_visible()
    page.keyboard.press("Enter")
    heading(page, "Xan")
    expect(page.get_by_text(re.compile(r"\d+ done today"))).to_be_visible()
    assert ended(floor, calls[1:]) == ["done no_answer", "done no_answer"]
    mails = "SELECT string_agg(coalesce(answer->'mail'->>'text', 'skipped'), '|' ORDER BY id) "
    said = floor.value(f"{mails} FROM task WHERE id = ANY(:ids)", ids=calls[1:])
    assert said == "skipped|Hi Zoe, as I said on the phone."


def test_a_manager_sees_what_putting_off_and_giving_away_would_do(
    floor: Site, console: Console
) -> None:
    """Who can't see it beforehand puts off what is late, and fills a colleague's list."""
    tasks = work(floor, "Bea", "Cal")
    floor.value(
        "UPDATE task SET due_at = now() + interval '30 hours' WHERE id = :id RETURNING 1",
        id=tasks[1],
    )
    page = console("manager")
    page.goto("/console/inbox?tab=team&rep=rep-3")
    for name in ("Bea", "Cal"):
        page.get_by_label(f"Choose {name} Marlow").check()
    page.locator(".chosen").get_by_role("button", name="Snooze").click()
    page.get_by_role("dialog").locator(".slots button").first.click()
    asked = page.get_by_role("dialog").filter(has_text="Put them off until")
    expect(asked).to_contain_text("1 task comes back then")
    expect(asked).to_contain_text("Bea Marlow")
    asked.get_by_role("button", name="Snooze").click()
    expect(page.get_by_text("1 task is put off.")).to_be_visible()
    put_off = "SELECT count(*) FROM task WHERE id = ANY(:ids) AND snoozed_until IS NOT NULL"
    assert floor.value(put_off, ids=tasks) == 1

    page.get_by_label("Choose Bea Marlow").check()
    page.get_by_label("Give to").click()
    page.get_by_role("option", name="Jonas Adeyemi").click()
    page.get_by_role("button", name="Reassign").click()
    row = page.get_by_role("dialog").locator("tbody tr")
    expect(row).to_contain_text("Jonas Adeyemi")
    page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
    assert floor.value("SELECT owner FROM task WHERE id = :id", id=tasks[0]) == "rep-3"


def test_who_comes_back_from_a_call_is_asked_how_it_went(floor: Site, console: Console) -> None:
    """The outcome of a call would be entered in the evening, or never."""
    work(floor, "Dot")
    page = console("sdr", "rep-3")
    page.goto("/console/inbox")
    heading(page, "Dot")
    page.evaluate(
        "document.querySelector('.task a[data-dial]').addEventListener('click', "
        "(event) => event.preventDefault())"
    )
    page.keyboard.press("c")
    page.evaluate("dispatchEvent(new Event('focus'))")
    expect(page.locator(".task .endings button").first).to_be_focused()
