"""Each act does the same, leaves the same record and is refused in the same words, whichever door
is taken: else somebody does at one door what another would not let them, or finds other rows."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from pydantic import SecretStr
from sqlalchemy import text

from embedded.postgres import EmbeddedPostgres
from settings import Settings
from tests.cli.terminal import environment
from tests.services.act_cases import ACTS, CADENCE, LEADS, MISTAKE, SECRET, Act, Step
from tests.services.doors import by_command_line, records, rows
from tests.services.enrollment_cases import ACTS as ENROLLING
from tests.services.form_acts import FORM_ACTS
from tests.services.image_acts import IMAGE_ACTS, files_of
from tests.web.api.conftest import Api


def deployed(server: EmbeddedPostgres, published: str, name: str, home: Path) -> Api:
    """A deployment of its own: a lead of rep-1 with a task, and its company."""
    home.mkdir(exist_ok=True)
    settings = Settings(
        database_url=server.create_database(f"door_{name}", template=published),
        perennial_home=home,
        public_url="http://go.test",
        secret_key=SecretStr(SECRET),
        email_channel="outbox",
    )
    api = Api(settings, home)
    account = api.account("Acme")
    api.task(api.lead("jane@acme.example", "rep-1", account_id=account), "rep-1", key="task")
    with api.database.begin() as connection:
        # Of what was published for it.
        connection.execute(text("DELETE FROM api_change"))
    return api


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the command line finds its files, and the secret that the web app has."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SECRET_KEY", SECRET)
    (tmp_path / "leads.csv").write_bytes(LEADS)
    (tmp_path / "calls.yaml").write_text(CADENCE, encoding="utf-8")
    files_of(tmp_path)
    (tmp_path / "wrong.yaml").write_text(MISTAKE, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    "act", [*ACTS, *FORM_ACTS, *IMAGE_ACTS, *ENROLLING], ids=lambda act: act.name
)
async def test_an_act_is_the_same_at_every_door(
    act: Act,
    postgres_server: EmbeddedPostgres,
    published: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    doors: dict[str, Step] = {"api": act.api, "console": act.console}
    if act.cli is not None:
        arguments = act.cli
        source = ("--source", "fair", "--no-start") if arguments[0] == "import" else ()
        doors["cli"] = lambda _api: by_command_line(*arguments, *source)
    said, kept, recorded = {}, {}, {}
    for door, ask in doors.items():
        api = await asyncio.to_thread(deployed, postgres_server, published, door, folder / door)
        try:
            act.before(api)
            before = rows(api, act.role)
            with environment(monkeypatch, api.settings.database_url):
                said[door] = await ask(api)
            kept[door], recorded[door] = rows(api, act.role), records(api)
            assert (kept[door] == before) == (bool(act.refused) and "note" not in act.refused)
        finally:
            api.database.dispose()
            postgres_server.drop_database(f"door_{door}")

    assert act.refused in said["api"]
    assert bool(said["api"]) == bool(act.refused)
    assert set(said.values()) == {said["api"]}
    assert len(recorded["api"]) == 1
    for door in doors:
        changed = {name for name in kept["api"] if kept[door][name] != kept["api"][name]}
        assert {name: kept[door][name] for name in changed} == {
            name: kept["api"][name] for name in changed
        }, door
        if act.name == "import" and door == "console":
            # It is looked at before it is started.
            assert [one[1] for one in recorded[door]] == ["/api/imports", "/api/imports/1/start"]
        else:
            assert recorded[door] == recorded["api"], door
