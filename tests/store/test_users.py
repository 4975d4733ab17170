"""Users and their sessions: who gets in, for how long, and who does not."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine, insert, text, update

from domain.access import Role
from domain.passwords import WeakPassword
from domain.refusals import Conflict
from store.access import sessions, users
from store.access.passwords import check_password, set_password
from store.accounts.company_accounts import forget_company_account, user_of_provider
from store.engine import engine
from store.routing.rep_cards import is_another_s
from store.tables import Rep, RepProfile

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
PASSWORD = "orchard lane in march"


@pytest.fixture
def database(database_url: str) -> Iterator[Engine]:
    """A database with one rep."""
    found = engine(database_url)
    with found.begin() as connection:
        connection.execute(
            insert(Rep).values(code="rep-1", name="Hana Lindqvist", email="", team="emea")
        )
    yield found
    found.dispose()


@pytest.fixture
def connection(database: Engine) -> Iterator[Connection]:
    """One transaction."""
    with database.begin() as opened:
        yield opened


def add_sdr(connection: Connection) -> int:
    return users.add_user(connection, "Hana@Lindenmoor.example", "Hana", Role.SDR, "rep-1")


def test_a_session_says_who_acts_and_for_which_team(connection: Connection) -> None:
    """Every check of roles and rows hangs on it."""
    user = add_sdr(connection)
    users.set_preferences(connection, user, language="ko", theme="dark")
    token = sessions.begin_session(connection, user, NOW)

    found = sessions.find_session(connection, token, NOW)

    assert found is not None
    assert (found.user_id, found.language, found.time_zone, found.theme) == (user, "ko", "", "dark")
    caller = found.caller
    assert (caller.name, caller.role, caller.by) == ("Hana@lindenmoor.example", "sdr", "rep-1")
    assert caller.team == "emea"
    assert sessions.session_by_id(connection, found.session_id, NOW) == found
    kept = connection.scalar(text("SELECT row_to_json(console_session)::text FROM console_session"))
    assert token not in str(kept)
    assert sessions.find_session(connection, f"{token}x", NOW) is None


def test_a_session_ends_when_nobody_uses_it_and_after_a_week(connection: Connection) -> None:
    """A laptop that was left open, or stolen, would be a way in for ever."""
    user = add_sdr(connection)
    idle = sessions.begin_session(connection, user, NOW)
    used = sessions.begin_session(connection, user, NOW)

    at = NOW
    for _ in range(15):
        at += timedelta(hours=11)
        assert sessions.find_session(connection, used, at) is not None
    assert sessions.find_session(connection, used, NOW + timedelta(days=7)) is None
    assert sessions.find_session(connection, idle, NOW + timedelta(hours=12)) is None


def test_a_session_ends_at_once(connection: Connection) -> None:
    """Whoever was let go would go on reading leads until the evening."""
    users.add_user(connection, "boss@lindenmoor.example", "Boss", Role.ADMIN)
    names = ("out", "disabled", "password", "rep")
    made = {
        name: users.add_user(connection, f"{name}@lindenmoor.example", name, Role.SDR, "rep-1")
        for name in names
    }
    tokens = {name: sessions.begin_session(connection, user, NOW) for name, user in made.items()}
    left = set(names)

    def check(name: str) -> None:
        left.remove(name)
        found = {
            one
            for one, token in tokens.items()
            if sessions.find_session(connection, token, NOW) is not None
        }
        assert found == left

    sessions.end_session(connection, tokens["out"], NOW)
    check("out")
    link = users.make_link(connection, made["disabled"], NOW)
    users.change_user(connection, made["disabled"], NOW, disabled=True)
    check("disabled")
    assert users.use_link(connection, link, NOW) is None
    with pytest.raises(Conflict, match="not disabled"):
        users.make_link(connection, made["disabled"], NOW)
    set_password(connection, made["password"], PASSWORD, NOW)
    check("password")
    connection.execute(text("UPDATE rep SET active = false"))
    check("rep")


def test_another_role_holds_from_the_next_question_on(connection: Connection) -> None:
    user = add_sdr(connection)
    token = sessions.begin_session(connection, user, NOW)

    changed = users.change_user(connection, user, NOW, role=Role.MARKETING)

    assert changed is not None
    assert (changed.role, changed.rep) == ("marketing", "")
    assert sessions.find_session(connection, token, NOW) is None
    again = sessions.begin_session(connection, user, NOW)
    found = sessions.find_session(connection, again, NOW)
    assert found is not None
    assert (found.caller.role, found.caller.team) == ("marketing", "")


def test_somebody_who_manages_users_is_always_left(connection: Connection) -> None:
    """Nobody could let anybody in any more."""
    first = users.add_user(connection, users.FIRST_ADMIN, "Admin", Role.ADMIN)
    with pytest.raises(Conflict, match="only admin"):
        users.change_user(connection, first, NOW, disabled=True)
    second = users.add_user(connection, "ada@lindenmoor.example", "Ada", Role.ADMIN)
    users.change_user(connection, first, NOW, disabled=True)
    with pytest.raises(Conflict, match="only admin"):
        users.change_user(connection, second, NOW, role=Role.OPS)
    assert users.change_user(connection, 987654, NOW, name="X") is None


def test_a_user_nobody_could_work_as_is_not_made(connection: Connection) -> None:
    add_sdr(connection)
    for email, name, role, rep, sentence in (
        ("nobody", "X", Role.OPS, "", "no e-mail address"),
        ("HANA@LINDENMOOR.EXAMPLE", "X", Role.OPS, "", "already"),
        ("x@lindenmoor.example", " ", Role.OPS, "", "needs a name"),
        ("x@lindenmoor.example", "X", Role.SDR, "", "say which"),
        ("x@lindenmoor.example", "X", Role.OPS, "rep-1", "leave the rep out"),
        ("x@lindenmoor.example", "X", Role.MANAGER, "rep-7", "no rep 'rep-7'"),
    ):
        with pytest.raises(Conflict, match=sentence):
            users.add_user(connection, email, name, role, rep)


def test_only_the_user_with_this_password_gets_in(database: Engine) -> None:
    with database.begin() as connection:
        user = add_sdr(connection)
        users.add_user(connection, "no@lindenmoor.example", "No", Role.OPS)
        with pytest.raises(WeakPassword, match="short"):
            set_password(connection, user, "elevensigns", NOW)
        set_password(connection, user, PASSWORD, NOW)

    assert check_password(database, " hana@lindenmoor.EXAMPLE", PASSWORD) == user
    assert check_password(database, "hana@lindenmoor.example", f"{PASSWORD}!") is None
    # Who has no password yet is let in by none, and takes as long as everybody.
    assert check_password(database, "no@lindenmoor.example", "") is None
    with database.connect() as connection:
        kept = connection.scalar(text("SELECT password_hash FROM console_user WHERE rep <> ''"))
    assert str(kept).startswith("$argon2id$")


def test_a_link_works_once_within_a_day_and_ends_the_one_before(connection: Connection) -> None:
    """Links stand in mails and chats long after they were needed."""
    user = add_sdr(connection)
    first = users.make_link(connection, user, NOW)
    second = users.make_link(connection, user, NOW)

    assert users.use_link(connection, first, NOW) is None
    assert users.link_works(connection, second, NOW)
    late = NOW + timedelta(hours=24)
    assert users.use_link(connection, second, late) is None
    assert users.use_link(connection, second, NOW) == user
    assert not users.link_works(connection, second, NOW)
    assert users.use_link(connection, second, NOW) is None


def test_many_wrong_passwords_close_the_door_for_a_while(database: Engine) -> None:
    """Else passwords are guessed; tries that come at once are no way around it."""

    def attempt(email: str, address: str, at: datetime = NOW) -> datetime | None:
        with database.begin() as connection:
            return sessions.begin_try(connection, email, address, at)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(attempt, ["a@x.example"] * 8, map(str, range(8))))
    assert answers.count(None) == 5
    assert attempt("A@x.example", "other") == NOW + timedelta(minutes=15)
    assert attempt("a@x.example", "other", NOW + timedelta(minutes=15)) is None
    with database.begin() as connection:
        sessions.tries_over(connection, "A@X.example")
    assert attempt("a@x.example", "other") is None

    for number in range(20):
        assert attempt(f"{number}@x.example", "one machine") is None
    assert attempt("20@x.example", "one machine") == NOW + timedelta(minutes=15)
    later = NOW + timedelta(days=1, minutes=1)
    assert attempt("20@x.example", "one machine", later) is None
    with database.connect() as connection:
        assert connection.scalar(text("SELECT count(*) FROM login_failure")) == 1


def test_a_provider_speaks_for_whom_it_has_verified_and_goes_on_to(connection: Connection) -> None:
    """Who may claim any address at a provider would be let in as anybody."""
    user = add_sdr(connection)

    def spoken_of(subject: str, email: str, *, doubt: str = "") -> tuple[int | None, str]:
        found = user_of_provider(connection, subject, email, doubt=doubt)
        return found.user_id, found.why_not

    assert spoken_of("iss 1", "hana@lindenmoor.example", doubt="not sure") == (None, "not sure")
    assert spoken_of("iss 1", "else@lindenmoor.example") == (None, "no user has this address")
    assert spoken_of("iss 1", " ") == (None, "the provider tells no e-mail address")
    assert spoken_of("iss 1", "HANA@lindenmoor.example") == (user, "")
    assert spoken_of("iss 1", "hana@married.example", doubt="not sure") == (user, "")
    other = (None, "the user of this address has another company account")
    assert spoken_of("iss 2", "hana@lindenmoor.example") == other
    assert forget_company_account(connection, user)
    assert not forget_company_account(connection, user)
    assert spoken_of("iss 2", "hana@lindenmoor.example") == (user, "")
    users.change_user(connection, user, NOW, disabled=True)
    assert spoken_of("iss 2", "hana@lindenmoor.example") == (None, "the user is disabled")


@pytest.mark.parametrize("theirs", ["hana@bücher.example", "Hana@XN--BCHER-KVA.example"])
@pytest.mark.parametrize("asked", ["HANA@Bücher.example", "hana@xn--bcher-kva.example"])
@pytest.mark.parametrize("said_by", [Rep, RepProfile])
def test_an_address_is_a_colleague_s_however_it_is_written(
    connection: Connection, theirs: str, asked: str, said_by: type[Rep | RepProfile]
) -> None:
    """Else a rep takes a colleague's address in another spelling, and mail of a colleague counts as
    a stranger's."""
    assert not users.is_colleague(connection, asked)
    if said_by is RepProfile:
        connection.execute(insert(RepProfile).values(rep="rep-1", email=theirs))
    else:
        connection.execute(update(Rep).values(email=theirs))

    assert users.is_colleague(connection, asked)
    assert users.reps_with(connection, asked) == ["rep-1"]
    assert users.reps_with(connection, "") == []
    assert is_another_s(connection, "rep-2", asked)
    assert not is_another_s(connection, "rep-1", asked)
