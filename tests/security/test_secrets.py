"""Secrets that can be guessed are refused before anything starts."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from mail.links import deployment_secret
from settings import ROOT, SettingRefused, Settings

GOOD = "9bd1c6a0f7e84b52a3d06c1f58e7924d"


GUESSED = [
    ("SECRET_KEY", "x"),
    ("SECRET_KEY", GOOD[:31]),
    ("SECRET_KEY", "a" * 64),
    ("SECRET_KEY", "changeme" * 5),
    ("SENDGRID_INBOUND_PASSWORD", "tr0ub4dor"),
    ("CALCOM_WEBHOOK_SECRET", "secret"),
    ("CALENDLY_WEBHOOK_SECRET", "1234567890123"[:12]),
    ("OIDC_CLIENT_SECRET", "s3cret"),
    ("PASSWORDS", "off"),
]


@pytest.mark.parametrize(("variable", "value"), GUESSED)
def test_a_secret_that_is_guessed_is_refused(variable: str, value: str) -> None:
    """A link signed with a key of one character was forged at the first guess."""
    with pytest.raises(SettingRefused) as refused:
        Settings.model_validate({variable.lower(): value}).refuse_unsafe()

    _is_about(variable, value, str(refused.value))


@pytest.mark.parametrize(
    "program", [["-m", "web"], ["worker.py"], ["starter.py", "users", "list"]], ids=str
)
def test_no_program_starts_with_one(program: list[str], tmp_path: Path) -> None:
    """One that did would sign and accept links that anybody can make."""
    variable, value = GUESSED[2]
    environment = {
        name: kept
        for name, kept in os.environ.items()
        if not name.startswith(("PYTEST_", "DATABASE_", "TEMPORAL_"))
    }
    environment |= {
        "DATABASE_URL": "postgresql://nobody@127.0.0.1:9/none",
        "TEMPORAL_ADDRESS": "127.0.0.1:9",
        "PERENNIAL_HOME": str(tmp_path),
        variable: value,
    }

    done = subprocess.run(
        [sys.executable, *program], cwd=ROOT, env=environment, capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip

    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    _is_about(variable, value, done.stderr)


def _is_about(variable: str, value: str, said: str) -> None:
    """It names the variable and what to do, and never what was guessed."""
    assert variable in said
    if variable != "PASSWORDS":
        assert "openssl rand" in said
        rest = said.replace(variable, "").replace("openssl rand -hex", "")
        assert len(value) < 8 or value not in rest


def test_secrets_as_providers_make_them_are_taken(tmp_path: Path) -> None:
    """Somebody with a real Calendly key or provider's secret would not get it started."""
    Settings(
        secret_key=GOOD,
        oidc_issuer="https://id.example",
        oidc_client_secret="GOCSPX-dW9hQm3kT1xV7yZ2eR5nL8pS",
        sendgrid_inbound_password="f3a91c07be52d846",
        calcom_webhook_secret="5f0d2b9e-8a41-4c77-9d3e-2b6a1c0f7e84",
        calendly_webhook_secret="Vb3kQ9xT2mW7yZ1eR5nL8pSdH4jU6cA0fG-iO_t",
        passwords="off",
    ).refuse_unsafe()
    Settings(perennial_home=tmp_path).refuse_unsafe()


def test_the_key_that_is_made_without_a_setting_is_strong_and_private(tmp_path: Path) -> None:
    """Other people of the machine could sign links and sessions."""
    home = tmp_path / "home"
    made = deployment_secret(Settings(perennial_home=home, secret_key=None))

    Settings(secret_key=made).refuse_unsafe()
    assert len(made) >= 43
    assert (home / "link-secret").stat().st_mode & 0o777 == 0o600
