"""``starter.py import`` as a person at a terminal meets it."""

from __future__ import annotations

import csv
import json
import resource
import signal
from pathlib import Path
from typing import Any, NoReturn

import pytest
from sqlalchemy import Engine, text
from typer.testing import CliRunner, Result

from cli.errors import UserError
from cli.groups import Commands
from cli.import_leads import INTERRUPTED, import_leads
from store.imports import lead_import
from store.migrate import SchemaMismatch

EXPORT = """Email,First Name,Company,업종
dana@acme.example,Dana,Acme,소프트웨어
not an address,Nobody,Acme,
kim@hanbit.example,"Kim
Minsu",Hanbit,유통

,No Mail,Acme,
"""


@pytest.fixture
def engine(database: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """A database with two cadences, and a file in the folder where the terminal stands."""
    monkeypatch.chdir(tmp_path)
    with database.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO cadence_version (name, version, digest, source, definition, templates)"
                "SELECT name, 1, '', '', '{}', '{}' FROM unnest(ARRAY['welcome-nurture', 'b']) name"
            )
        )
    Path("export.csv").write_text(EXPORT, encoding="utf-8-sig")
    return database


def run(*arguments: str) -> Result:
    app = Commands()
    app.command("import")(import_leads)
    return CliRunner().invoke(app, list(arguments))


def run_json(*arguments: str) -> dict[str, Any]:
    result = run(*arguments, "--json")
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def refused(*arguments: str) -> str:
    result = run(*arguments)
    assert isinstance(result.exception, UserError), result.output
    return str(result.exception)


def counts(engine: Engine) -> tuple[int, ...]:
    with engine.connect() as connection:
        return tuple(
            connection.execute(text(f"SELECT count(*) FROM {table}")).scalar_one()
            for table in ("lead", "account", "relay_message", "import_run")
        )


def test_good_rows_go_in_and_bad_ones_into_a_file_a_spreadsheet_opens(engine: Engine) -> None:
    printed = run_json("export.csv")
    assert {**printed, "wall_s": 0, "rejects_file": ""} == {
        "rows": 4,
        "created": 2,
        "updated": 0,
        "rejected": 2,
        "unsubscribed": 0,
        "not_understood": {"no_time_zone": 2},
        "warnings": [],
        "rejects_file": "",
        "journeys_queued": 2,
        "ready_for_sales": 0,
        "ready_hours": 0,
        "wall_s": 0,
    }
    assert counts(engine) == (2, 2, 2, 1)
    raw = Path(printed["rejects_file"]).read_bytes()
    assert raw.startswith(b"\xef\xbb\xbf")
    header, *rows = csv.reader(raw.decode("utf-8-sig").splitlines())
    assert header[:3] == ["rejected_row", "rejected_line", "rejected_reason"]
    assert header[3:] == ["Email", "First Name", "Company", "업종"]
    assert [row[:2] + row[3:5] for row in rows] == [
        ["3", "3", "not an address", "Nobody"],
        ["6", "7", "", "No Mail"],
    ]


def test_a_mended_rejects_file_is_imported_as_it_is(engine: Engine) -> None:
    rejects = Path(run_json("export.csv")["rejects_file"])
    fixed = rejects.read_text("utf-8-sig").replace("not an address", "nobody@acme.example")
    rejects.write_text(fixed, "utf-8-sig")
    assert run_json(str(rejects))["created"] == 1
    with engine.connect() as connection:
        found = connection.execute(text("SELECT attributes FROM lead WHERE first_name = 'Nobody'"))
        assert found.scalar_one() == {}


def test_a_second_import_doubles_neither_leads_nor_journeys(engine: Engine) -> None:
    run_json("export.csv")
    again = run_json("export.csv")
    assert (again["created"], again["updated"], again["journeys_queued"]) == (0, 2, 0)
    assert counts(engine) == (2, 2, 2, 2)


def test_who_unsubscribed_is_told_and_gets_no_mail(engine: Engine) -> None:
    """Whoever imports an export of another tool must see that its opt-outs were understood."""
    Path("crm.csv").write_text("Email,Opted out\na@x.example,yes\nb@x.example,\n", encoding="utf-8")
    assert "no mail           1" in run("crm.csv", "--dry-run").stdout
    assert run_json("crm.csv")["unsubscribed"] == 1
    with engine.connect() as connection:
        stopped = connection.execute(text("SELECT email_key FROM suppression")).scalars().all()
    assert stopped == ["a@x.example"]


@pytest.mark.parametrize(
    ("content", "asked", "said"),
    [
        ("Email,구독\na@x.example,N\nb@x.example,Y\n", "the columns “구독” may", "consent"),
        ("Email,Newsletter\na@x.example,no\nb@x.example,yes\n", "“Newsletter” may", "consent"),
        ("Email,Note\nb@x.example,hi\na@x.example,Unsubscribed\n", "“Unsubscribed”",
         "unsubscribed"),
    ],
)  # fmt: skip
def test_what_may_be_an_opt_out_is_asked_and_then_understood(
    engine: Engine, content: str, asked: str, said: str
) -> None:
    """A column nobody understood is mail to people who asked for none."""
    Path("crm.csv").write_text(content.replace("hi", "no"), encoding="utf-8")
    heading = content.partition("\n")[0].partition(",")[2]
    sentence = refused("crm.csv")
    assert asked in sentence
    assert f'Say for example --map "{heading}=' in sentence
    assert counts(engine) == (0, 0, 0, 0)
    assert run_json("crm.csv", "--map", f"{heading}={said}")["unsubscribed"] == 1
    with engine.connect() as connection:
        stopped = connection.execute(text("SELECT email_key FROM suppression")).scalars().all()
    assert stopped == ["a@x.example"]


def test_a_column_that_says_nothing_of_mail_is_kept_when_a_person_says_so(engine: Engine) -> None:
    """Newsletter may be the name of a product."""
    Path("crm.csv").write_text("Email,Newsletter\na@x.example,Unsubscribed\n", encoding="utf-8")
    assert run_json("crm.csv", "--map", "Newsletter=attribute")["unsubscribed"] == 0
    assert run_json("crm.csv", "--map", "Newsletter=-")["created"] == 0
    with engine.connect() as connection:
        kept = connection.execute(text("SELECT attributes FROM lead")).scalar_one()
    assert kept == {"newsletter": "Unsubscribed"}


def test_an_opt_out_in_a_row_that_is_rejected_counts_and_is_told(engine: Engine) -> None:
    """A cell of 40,000 characters must not keep a known lead in mail."""
    Path("crm.csv").write_text(
        "Email,Note,Company,Opted out\n"
        f"a@x.example,{'x' * 40_000},Acme,yes\n"
        "b@x.example,,Acme, Inc.,yes\n"
        'c@x.example,"never closed,Acme,yes\n'
        "d@x.example;e@x.example,,Acme,yes\n"
        "f@x.example,,Acme,perhaps\n"
        "g@x.example,,Acme,no\n",
        encoding="utf-8",
    )
    printed = run_json("crm.csv")
    assert (printed["created"], printed["rejected"], printed["unsubscribed"]) == (1, 5, 5)
    with engine.connect() as connection:
        stopped = connection.execute(text("SELECT email_key FROM suppression ORDER BY 1"))
        assert "".join(key[0] for key in stopped.scalars()) == "abcde"
    rows = list(csv.reader(Path(printed["rejects_file"]).read_text("utf-8-sig").splitlines()))
    told = ["wants no mail is recorded all the same" in row[2] for row in rows[1:]]
    assert told == [True, True, True, True, False]


def test_days_are_read_in_the_order_of_the_file_or_of_who_says_it(engine: Engine) -> None:
    """A contract that ends on the 5th of June must not be renewed in May."""
    Path("crm.csv").write_text(
        "Email,Contract End,Seen\na@x.example,5/6/2027,2027-01-02\n", encoding="utf-8"
    )
    assert "Say for example --dates dmy" in refused("crm.csv")
    run_json("crm.csv", "--dates", "mdy")
    Path("two.csv").write_text(
        "Email,Contract End,Since\nb@x.example,5/6/2027,30/1/2020\n", encoding="utf-8"
    )
    run_json("two.csv")
    with engine.connect() as connection:
        found = connection.execute(text("SELECT attributes FROM lead ORDER BY id")).scalars().all()
    assert found == [
        {"contract_end": "2027-05-06", "seen": "2027-01-02"},
        {"contract_end": "2027-06-05", "since": "2020-01-30"},
    ]


def test_what_was_not_understood_is_counted(engine: Engine) -> None:
    """Whoever imports must see that some are taken to be in UTC, and which column to fix."""
    Path("crm.csv").write_text(
        "Email,Country,Time Zone,Phone\na@x.example,Atlantis,,8.21E+11\nb@x.example,KR,lunch,\n",
        encoding="utf-8",
    )
    printed = run_json("crm.csv")["not_understood"]
    assert printed == {"country": 1, "time_zone": 1, "phone": 1, "no_time_zone": 1}
    summary = run("crm.csv").stdout
    assert "country           1 rows" in summary
    assert "No time zone is known of 1 rows" in summary


def test_no_start_queues_nothing_and_a_later_import_starts_who_waits(engine: Engine) -> None:
    assert run_json("export.csv", "--no-start")["journeys_queued"] == 0
    assert run_json("export.csv", "--cadence", "b")["journeys_queued"] == 2


def test_a_dry_run_reports_everything_and_changes_nothing(engine: Engine) -> None:
    result = run("export.csv", "--dry-run")
    assert "Dry run" in result.stdout
    assert "업종" in result.stdout
    assert counts(engine) == (0, 0, 0, 0)
    assert list(Path().glob("rejects-*.csv"))


def test_the_summary_fits_80_columns_and_names_the_reasons(engine: Engine) -> None:
    result = run("export.csv")
    assert result.exit_code == 0
    assert all(len(line) <= 80 for line in result.stdout.splitlines())
    for words in ("created", "not a valid e-mail address", "rejects-export-", "2 journeys"):
        assert words in result.stdout


def test_korean_semicolon_file_of_an_old_spreadsheet_arrives_intact(engine: Engine) -> None:
    row = "김민수;Minsu@hanbit.example;대한민국;;창고 관리"
    Path("명단.csv").write_bytes(f"이름;메일;국가;시간대;관심 제품\r\n{row}\r\n".encode("cp949"))
    run_json("명단.csv", "--source", "부스 2026")
    with engine.connect() as connection:
        lead = connection.execute(text("SELECT * FROM lead")).one()
    assert (lead.first_name, lead.last_name, lead.country) == ("민수", "김", "KR")
    assert (lead.language, lead.time_zone, lead.source) == ("ko", "Asia/Seoul", "부스 2026")
    assert lead.attributes == {"관심_제품": "창고 관리"}


def test_a_mapping_says_which_column_is_which(engine: Engine) -> None:
    Path("a.csv").write_text("Kontakt,Wer\nx@y.example,Xaver\n")
    assert run_json("a.csv", "--map", "Kontakt=email", "--map", "Wer=first_name")["created"] == 1


def test_a_file_without_addresses_brings_people_who_are_called(engine: Engine) -> None:
    """Cards from a fair often have a name and a number; who is known by the number is found."""
    Path("a.csv").write_text("Email,Name,Phone\na@b.example,Ada,+49 30 901820\n")
    run_json("a.csv")
    Path("b.csv").write_text("Name,Phone\nAda,0049 30 901820\nBo,+44 20 7946 0958\n")

    summary = run_json("b.csv", "--source", "fair")

    assert (summary["created"], summary["rejected"]) == (1, 0)
    with engine.connect() as connection:
        kept = connection.execute(text("SELECT email, phone FROM lead ORDER BY id")).all()
    assert [tuple(one) for one in kept] == [
        ("a@b.example", "+4930901820"),
        ("", "+442079460958"),
    ]


def test_addresses_that_are_not_read_as_such_are_told_of(engine: Engine) -> None:
    """Everybody of the file would be called, and nobody written to."""
    Path("a.csv").write_text("Name,Phone,Login\nAda,+49 30 901820,a@b.example\n")

    assert "“Login” holds e-mail addresses" in refused("a.csv")
    assert run_json("a.csv", "--map", "Login=attribute")["created"] == 1


@pytest.mark.parametrize(
    ("content", "arguments", "sentence"),
    [
        (None, [], "There is no file a.csv"),
        (b"", [], "a.csv cannot be imported: it is empty"),
        (b"email,name\n", [], "header but no rows"),
        (b"Name,City\nDana,Seoul\n", [], "no e-mail column. Its columns are “Name”, “City”"),
        (b"email\na@b.example\n", ["--map", "email"], "is not COLUMN=FIELD"),
        (b"email\na@b.example\n", ["--map", "x=email"], "the column “x”"),
        (b"email\na@b.example\n", ["--map", "email=mail"], "the field “mail”"),
        (b"email\na@b.example\n", ["--encoding", "klingon"], "no text encoding"),
        (
            b"email,n\na@b.example,\xff\xfe\xfd\xfc\x81\x30\n",
            [],
            "encoding could not be recognised",
        ),
        (b"PK\x03\x04", [], "spreadsheet, not a CSV"),
        (b"email\na@b.example\n", ["--cadence", "x"], "Published are: b, welcome-nurture"),
    ],
)
def test_a_mistake_gets_a_sentence_and_changes_nothing(
    engine: Engine, content: bytes | None, arguments: list[str], sentence: str
) -> None:
    if content is not None:
        Path("a.csv").write_bytes(content)
    assert sentence in refused("a.csv", *arguments)
    assert counts(engine) == (0, 0, 0, 0)
    assert not list(Path().glob("rejects-*.csv"))


def test_a_folder_is_no_file(engine: Engine) -> None:
    Path("folder").mkdir()
    assert "is a folder" in refused("folder")


def test_without_any_published_cadence_it_says_how_to_publish_or_not_to_start(
    engine: Engine,
) -> None:
    with engine.begin() as connection:
        connection.execute(text("DELETE FROM cadence_version"))
    assert "cadence publish" in refused("export.csv")
    assert run_json("export.csv", "--no-start")["created"] == 2


def test_a_disk_without_room_for_the_rejects_imports_nothing(engine: Engine) -> None:
    rows = "".join(f"{'no address ' * 100}{number},x,y,z\n" for number in range(1_000))
    Path("export.csv").write_text(EXPORT + rows)
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    try:
        sentence = refused("export.csv")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
        signal.signal(signal.SIGXFSZ, before)
    assert "so nothing was imported" in sentence
    assert counts(engine) == (0, 0, 0, 0)
    assert not list(Path().glob("rejects-*.csv"))


def test_ctrl_c_says_that_nothing_was_imported_and_that_is_true(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    merge = lead_import.merge

    def pressed(connection: Any, **given: str) -> NoReturn:
        merge(connection, **given)
        raise KeyboardInterrupt

    monkeypatch.setattr(lead_import, "merge", pressed)
    result = run("export.csv")
    assert result.exit_code == INTERRUPTED
    assert "nothing was imported" in result.stderr
    assert counts(engine) == (0, 0, 0, 0)
    assert not list(Path().glob("rejects-*.csv"))


def test_a_database_that_goes_away_is_one_sentence_and_leaves_no_rejects(
    engine: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    merge = lead_import.merge

    def cut(connection: Any, **given: str) -> Any:
        pid = connection.execute(text("SELECT pg_backend_pid()")).scalar_one()
        with engine.begin() as other:
            other.execute(text("SELECT pg_terminate_backend(:pid, 5000)"), {"pid": pid})
        return merge(connection)

    monkeypatch.setattr(lead_import, "merge", cut)
    assert "doubles nothing" in refused("export.csv")
    assert counts(engine) == (0, 0, 0, 0)
    assert not list(Path().glob("rejects-*.csv"))


def test_a_database_older_than_the_code_is_told_so(engine: Engine) -> None:
    with engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '0000'"))
    assert isinstance(run("export.csv").exception, SchemaMismatch)
