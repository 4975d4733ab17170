"""``cadence lint|publish|list|show``: marketing's way in, and what ``up`` ships.

What publishing new scoring rules does to leads is in ``test_scoring_cli.py``.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from select import select as readable
from signal import SIGINT
from subprocess import PIPE, STDOUT

import pytest
from sqlalchemy import Engine, create_engine, func, select
from typer.testing import Result

from cli import cadence
from cli.cadence import publish_files
from cli.errors import UserError
from settings import ROOT
from store.tables import CadenceVersion, PolicyVersion, TemplateVersion
from tests.cli.conftest import MAIL, SCORING, WELCOME
from tests.cli.terminal import outcome
from tests.support.programs import python


def run(*arguments: str) -> Result:
    """What a ``cadence`` command did; a refusal is raised."""
    return outcome(cadence.app, *arguments)


def counts(database: Engine) -> list[int]:
    """Rows of cadence, template and policy versions."""
    with database.connect() as connection:
        return [
            connection.execute(select(func.count()).select_from(table)).scalar_one()
            for table in (CadenceVersion, TemplateVersion, PolicyVersion)
        ]


@pytest.mark.usefixtures("folder")
def test_lint_needs_no_database_and_says_what_it_looked_at() -> None:
    """Marketing lints on a laptop where nothing runs."""
    assert run("lint").stdout == "No problems in 1 cadence, 1 policy and 1 template file.\n"


def test_lint_reports_every_problem_of_every_file_at_once(folder: Path) -> None:
    """Cadences, policies and templates, by file, line and column."""
    (folder / "cadences/welcome.yaml").write_text(
        WELCOME.replace("email: hello", "email: helo", 1), encoding="utf-8"
    )
    (folder / "cadences/scoring.yaml").write_text(
        SCORING.replace("letters", "leters"), encoding="utf-8"
    )
    (folder / "cadences/other.yaml").write_text("steps: []\n", encoding="utf-8")
    (folder / "cadences/latin.yaml").write_bytes("cadence: a\ntopic: é\n".encode("latin-1"))
    (folder / "templates/hello.en.mjml").write_text(
        MAIL.replace("lead.first_name", "lead.frist_name"), encoding="utf-8"
    )

    with pytest.raises(UserError) as found:
        run("lint")

    lines = str(found.value).splitlines()
    for start in (
        "cadences/latin.yaml:2:8: this character is not UTF-8",
        "cadences/other.yaml:1:1: this is neither a cadence nor a policy",
        "cadences/scoring.yaml:6:1: unknown key 'leters'. Did you mean 'letters'?",
        "cadences/welcome.yaml:4:12: unknown template 'helo'. Did you mean 'hello'?",
        "templates/hello.en.mjml:2:",
    ):
        assert any(line.startswith(start) for line in lines), (start, lines)
    assert lines[-1].endswith("problems. Fix them and run this again.")


def test_lint_looks_again_whenever_a_file_is_saved(tmp_path: Path) -> None:
    """Who writes sees a mistake beside the editor, and may save as editors do: a new file in the
    place of the old."""
    file, saved = tmp_path / "sla.yaml", tmp_path / "sla.yaml~"
    right = (ROOT / "cadences" / "sla.yaml").read_text(encoding="utf-8")
    file.write_text(right, encoding="utf-8")
    with python(
        *("-u", "starter.py", "cadence", "lint", "--watch", str(file)), stdout=PIPE, stderr=STDOUT
    ) as watching:
        assert watching.stdout is not None
        try:
            for text, words in (
                (right, "No problems"),
                (right.replace("policy: sla", "policy: sal"), "'sal'"),
                (right, "No problems"),
            ):
                said = ""
                while words not in said:
                    # Again, since the folder is watched from a moment after the first look only.
                    if not readable([watching.stdout], [], [], 1)[0]:
                        saved.write_text(text, encoding="utf-8")
                        saved.replace(file)
                    else:
                        said += os.read(watching.stdout.fileno(), 65536).decode()
        finally:
            watching.send_signal(SIGINT)
        assert watching.wait() in (0, 130)


@pytest.mark.usefixtures("folder")
@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("nowhere.yaml", "There is no file nowhere.yaml"),
        ("notes.txt", "notes.txt is neither a cadence or policy"),
        ("folder.yaml", "folder.yaml is a folder"),
    ],
)
def test_a_file_that_can_not_be_meant_is_named(folder: Path, name: str, sentence: str) -> None:
    """A typo in a path is a sentence, no traceback."""
    (folder / "notes.txt").touch()
    (folder / "folder.yaml").mkdir()

    with pytest.raises(UserError, match=sentence):
        run("lint", name)


def test_empty_folders_are_said_to_be_empty(tmp_path: Path) -> None:
    """Publishing nothing must not look like success."""
    with pytest.raises(UserError, match="There is nothing in"):
        publish_files(create_engine("postgresql+psycopg2://"), tmp_path, tmp_path)


@pytest.mark.usefixtures("folder")
def test_publishing_twice_changes_nothing_the_second_time(database: Engine) -> None:
    """`up` publishes what ships at every start."""
    assert "welcome: version 1, published" in run("publish").stdout
    assert "welcome: version 1, unchanged" in run("publish").stdout
    assert counts(database) == [1, 1, 1]


def test_one_wrong_file_and_nothing_is_published(folder: Path, database: Engine) -> None:
    """Half a publication would mix old and new."""
    (folder / "cadences/broken.yaml").write_text("cadence: b\nsteps: []\n", encoding="utf-8")

    with pytest.raises(UserError, match=r"1 problem\. Nothing was published."):
        run("publish")
    assert counts(database) == [0, 0, 0]


def test_a_named_cadence_is_published_alone_with_its_templates(
    folder: Path, database: Engine
) -> None:
    """Unfinished work beside it does not stand in the way."""
    (folder / "cadences/broken.yaml").write_text("cadence: b\nsteps: []\n", encoding="utf-8")
    (folder / "templates/unfinished.en.mjml").write_text("", encoding="utf-8")

    run("publish", "cadences/welcome.yaml")
    assert counts(database) == [1, 1, 0]


@pytest.mark.usefixtures("folder", "database")
def test_the_list_fits_a_terminal_of_80_columns() -> None:
    """Wrapped rows can't be read."""
    run("publish")

    lines = run("list").stdout.splitlines()
    assert lines[0].split() == ["Cadence", "Version", "Steps", "Length", "Published", "(UTC)"]
    assert lines[1].split()[:5] == ["welcome", "1", "8", "10", "days"]
    assert max(map(len, lines)) <= 80
    rows = json.loads(run("list", "--json").stdout)["cadences"]
    assert [(row["name"], row["version"], row["steps"]) for row in rows] == [("welcome", 1, 8)]


@pytest.mark.usefixtures("folder", "database")
def test_show_reads_as_a_timeline() -> None:
    """Marketing checks days, ways and languages before a lead does."""
    run("publish")

    shown = [" ".join(line.split()) for line in run("show", "welcome").stdout.splitlines()]
    assert shown[:5] == [
        "welcome, version 1",
        "Says hello.",
        "Mail goes on business days from 09:00 to 17:00 in the lead's time zone, not on",
        "holidays.",
        "Ends early when: replied, booked, unsubscribed, bounced, score reached.",
    ]
    assert shown[6:] == [
        "day 0 1. E-mail hello (en) email-hello",
        "wait 3 days wait-3-days",
        "day 3 If engagement.clicks > 0 branch-engagement-clicks-0",
        "day 3 2. Task (call): Ring, due within 1 day task-ring",
        "else",
        "wait 1 week wait-1-week",
        "day 10 End of the cadence: cold exit-cold",
        "wait 2 business days wait-2-business-days",
        "day 5 3. E-mail hello (en) email-hello-2",
        "day 5 End of the cadence: exhausted",
    ]


@pytest.mark.usefixtures("folder", "database")
def test_show_gives_one_json_object_and_earlier_versions(folder: Path) -> None:
    """Scripts read it; ops look at the version a lead is enrolled in."""
    run("publish")
    (folder / "cadences/welcome.yaml").write_text(
        WELCOME.replace("3 days", "4 days"), encoding="utf-8"
    )
    run("publish")

    newest = json.loads(run("show", "welcome", "--json").stdout)
    first = json.loads(run("show", "welcome", "--version", "1", "--json").stdout)
    assert newest["definition"]["steps"][1] == {"wait": "4 days", "id": "wait-4-days"}
    assert first["definition"]["steps"][1] == {"wait": "3 days", "id": "wait-3-days"}
    assert set(newest["templates"]) == {"hello"}


@pytest.mark.usefixtures("database")
def test_an_unknown_cadence_is_a_sentence() -> None:
    """It names the command that lists those there are."""
    with pytest.raises(UserError, match="The cadence nowhere version 2 is not published"):
        run("show", "nowhere", "--version", "2")
    assert run("list").stdout == ""


def test_what_ships_with_perennial_is_published(database: Engine) -> None:
    """The first start of the stack would fail for everybody."""
    report = publish_files(database, ROOT / "cadences", ROOT / "templates")

    assert {"welcome-nurture", "no-show-recovery", "recycle-reentry"} <= set(report.cadences)
    assert report.templates
