"""Settings, read once from the environment; secrets come from nowhere else.

Every process (worker, web, command line) calls :func:`get`. With neither ``DATABASE_URL`` nor
``TEMPORAL_ADDRESS`` set, the addresses are those of the embedded stack that runs from
``PERENNIAL_HOME``; see ``starter.py up``.
"""

from __future__ import annotations

import functools
import os
import zoneinfo
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal, Self

from pydantic import (
    Field,
    FilePath,
    SecretStr,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import BaseSettings, SettingsConfigDict
from temporalio.service import TLSConfig

from domain.access import Role
from domain.contacts.dialing import wrong_template
from domain.engagement.bot_detection import read_networks
from domain.money import currency_code
from domain.not_ready import NotReady

DATABASE_SCHEME = "postgresql+psycopg2"
ROOT = Path(__file__).resolve().parent
PROCESSES_PER_CORE = 4
"""More of them wait for each other rather than work."""


@dataclass(frozen=True)
class Clock:
    """The calendar that journeys live by: real time, or the demo's compressed time.

    ``epoch`` is the real instant at which the compression began, ``factor`` how many seconds of
    journey time pass in one real second (1.0 outside the demo), ``start`` the journey time at the
    epoch (None: the epoch).
    """

    epoch: datetime
    factor: float
    start: datetime | None = None

    def journey_time(self, real: datetime) -> datetime:
        """The journey time (UTC) at the real instant ``real`` (UTC)."""
        if self.factor == 1.0 and self.start is None:
            return real
        return (self.start or self.epoch) + (real - self.epoch) * self.factor

    def now(self) -> datetime:
        """The journey time now (UTC)."""
        return self.journey_time(datetime.now(UTC))

    def real_seconds(self, journey_seconds: float) -> float:
        """How many real seconds a span of journey time takes, never less than zero."""
        return max(0.0, journey_seconds / self.factor)


class SettingRefused(NotReady):
    """A variable of the environment with a value of the wrong kind, or one that would let in who
    may not come in, or nobody."""


_SECRETS = {
    "SECRET_KEY": (32, 8),
    "OIDC_CLIENT_SECRET": (16, 6),
    "SENDGRID_INBOUND_PASSWORD": (16, 6),
    "CALCOM_WEBHOOK_SECRET": (16, 6),
    "CALENDLY_WEBHOOK_SECRET": (16, 6),
    "DIAL_SECRET": (32, 8),
}
"""What signs or admits → the characters it needs, and how many different ones. Those that others
make up for us are longer."""


class Settings(BaseSettings):
    """All settings, each the upper-case environment variable of its name."""

    model_config = SettingsConfigDict(env_prefix="", extra="ignore", frozen=True)

    perennial_home: Path = ROOT / ".perennial"
    database_url: str = ""
    temporal_address: str = ""
    temporal_namespace: str = "default"
    temporal_api_key: SecretStr | None = None
    temporal_tls: bool = False
    temporal_tls_server_name: str = ""
    """The name in the server's certificate, where it is another than that of the address."""
    temporal_tls_server_ca_cert_path: FilePath | None = None
    """Who signs the server's certificate, in PEM; unset: those whom the system trusts. This and
    the next two mean TLS by themselves and are named as in Temporal's own programs."""
    temporal_tls_client_cert_path: FilePath | None = None
    temporal_tls_client_key_path: FilePath | None = None
    """Certificate and key (PEM) by which a server with mutual TLS knows us: both or none."""
    temporal_ui_url: str = ""

    web_host: str = "127.0.0.1"
    web_port: int = 8080
    public_url: str = ""
    """Address under which recipients reach the web app; empty: http://WEB_HOST:WEB_PORT."""
    secret_key: SecretStr | None = None
    """Signs links in mails. Empty: a key generated once and kept under ``perennial_home``."""

    trusted_proxies: str = ""
    """Addresses and networks of reverse proxies, separated by commas, beside 127.0.0.1: their
    ``X-Forwarded-For`` says who asks, which counts when too many passwords are wrong."""
    oidc_issuer: str = ""
    """Address of an OpenID Connect provider through which people sign in to the console, as its
    ``/.well-known/openid-configuration`` names it. Empty: passwords and one-time links only."""
    oidc_client_id: str = ""
    oidc_client_secret: SecretStr | None = None
    oidc_email_verified: bool = False
    """Whether the provider must say that an address is verified before the account is taken for the
    user with this address. Directories such as Entra ID never say so; that it is not verified is
    always heard. Set it when others than your admins can write addresses there."""
    passwords: Literal["on", "off"] = "on"
    """off: people sign in through the OpenID Connect provider only, with its second factor and its
    rules; passwords and one-time links let nobody in."""

    second_factor_roles: str = ""
    """Roles, separated by commas, whose users must set up a second factor before they get a session
    by a password or a one-time link."""

    email_channel: Literal["outbox", "smtp", "sendgrid"] = "outbox"
    email_from: str = "clara@lindenmoor.example"
    email_from_name: str = "Clara Moss"
    email_domains: str = ""
    """Domains, separated by commas, that the provider may send from (SPF, DKIM) beside that of
    ``EMAIL_FROM``: reps whose address is at one of them write to their leads in their own name."""
    dkim_selectors: str = ""
    """Selectors, separated by commas, that the provider signs our mail with (DKIM), for checks.
    Empty: SendGrid's, else those that are usual."""
    dns_servers: str = ""
    """Name servers for checks of our domains, ``ADDRESS`` or ``ADDRESS:PORT``, separated by commas.
    Empty: those of the system."""
    email_postal_address: str = "Lindenmoor, 1 Orchard Lane, Springfield"
    sendgrid_api_key: SecretStr | None = None
    sendgrid_host: str = "https://api.sendgrid.com"
    sendgrid_webhook_public_key: str = ""
    """Verifies SendGrid's events, one line as SendGrid shows it. Empty: events are refused."""
    sendgrid_inbound_password: SecretStr | None = None
    """Password in the address to which SendGrid posts received mail. Empty: mail is refused."""
    calcom_webhook_secret: SecretStr | None = None
    """Signs what Cal.com posts to ``/webhooks/calcom``. Empty: it is refused."""
    calendly_webhook_secret: SecretStr | None = None
    """Signing key of the Calendly subscription for ``/webhooks/calendly``. Empty: refused."""
    dial_url: str = ""
    """Address that opens reps' softphone, with {phone}, {task}, {rep}, {expires} and {signature} in
    their places. Empty: numbers are ``tel:`` links."""
    dial_secret: SecretStr | None = None
    """Signs those addresses."""
    scanner_networks: str = ""
    """Networks (CIDR, separated by commas) whose opens and clicks are machines', beside the known
    ones of ``domain.engagement.bot_detection``."""
    smtp_host: str = "127.0.0.1"
    smtp_port: int = 587
    smtp_username: str = ""
    smtp_password: SecretStr | None = None
    smtp_tls: Literal["none", "starttls", "implicit"] = "starttls"
    provider_timeout_seconds: float = 15.0

    webhooks_allow_private: bool = False
    """Whether events may go to this machine, to private networks, and without encryption."""

    send_rate_per_second: float = Field(default=100.0, gt=0)
    """E-mails per second over all workers."""
    start_rate_per_second: float = 50.0
    """Journeys started per second by an import."""
    lead_time_zone: str = "UTC"
    """IANA name: the time zone of leads of whom neither country, place, phone nor file tells it."""
    company_time_zone: str = "UTC"
    """IANA name: the time zone whose days figures are counted by."""
    company_currency: str = "USD"
    """ISO 4217: the currency that sums are told in, and that of amounts which name none."""
    event_retention_months: int = Field(default=36, ge=0, le=1200)
    """For how many whole months it is kept what leads and visitors did; 0: for ever."""
    worker_processes: int | None = None
    """Processes of one worker; unset: one for each core that it may use."""
    worker_concurrency: int = 16
    """Activities of each task queue that one worker does at once, over all its processes."""
    worker_shutdown_seconds: float = 30.0
    metrics_address: str = ""
    """``host:port`` on which this worker or web app serves ``/metrics`` for Prometheus, apart from
    what the public reaches. Empty: nowhere."""
    otel_exporter_otlp_endpoint: str = ""
    """Base URL of an OpenTelemetry collector (OTLP over HTTP), which gets traces. Empty: none are
    made. Further ``OTEL_…`` variables hold as OpenTelemetry describes them."""
    log_format: Literal["console", "json"] = "console"
    """How log lines are written: for people, or a JSON object each."""
    worker_beat_file: Path | None = None
    """A worker touches it every few seconds while it runs, for a health check of its own."""

    demo_time_factor: float = Field(default=1.0, ge=1.0)
    """Seconds of journey time in one real second. Only ``starter.py demo`` sets it."""
    demo_time_epoch: datetime = datetime(2026, 1, 1, tzinfo=UTC)
    demo_time_start: datetime | None = None
    """Journey time at the epoch; unset: the epoch itself."""

    @field_validator(
        "temporal_tls_server_ca_cert_path",
        "temporal_tls_client_cert_path",
        "temporal_tls_client_key_path",
        mode="before",
    )
    @classmethod
    def _empty_is_unset(cls, path: str | Path | None) -> str | Path | None:
        return path or None

    @model_validator(mode="after")
    def _certificate_with_key(self) -> Self:
        if (self.temporal_tls_client_cert_path is None) != (
            self.temporal_tls_client_key_path is None
        ):
            raise ValueError(
                "set both TEMPORAL_TLS_CLIENT_CERT_PATH and TEMPORAL_TLS_CLIENT_KEY_PATH, or "
                "neither"
            )
        return self

    @field_validator("metrics_address")
    @classmethod
    def _is_address(cls, address: str) -> str:
        host, _, port = address.rpartition(":")
        if address and not (host and port.isascii() and port.isdecimal() and int(port) < 65536):
            raise ValueError("write it as HOST:PORT, such as 127.0.0.1:9464")
        return address

    @field_validator("dial_url")
    @classmethod
    def _opens_a_softphone(cls, template: str) -> str:
        if template and (wrong := wrong_template(template)):
            raise ValueError(wrong)
        return template

    @field_validator("scanner_networks")
    @classmethod
    def _are_networks(cls, ranges: str) -> str:
        read_networks(ranges)
        return ranges

    @field_validator("second_factor_roles")
    @classmethod
    def _are_roles(cls, names: str) -> str:
        for name in _listed(names):
            if name not in set(Role):
                raise ValueError(f"'{name}' is no role; roles are {', '.join(Role)}")
        return names

    @field_validator("lead_time_zone", "company_time_zone")
    @classmethod
    def _is_zone(cls, name: str) -> str:
        try:
            zoneinfo.ZoneInfo(name)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            raise ValueError(
                f"'{name}' is no time zone; write a name such as Europe/Berlin"
            ) from None
        return name

    @field_validator("company_currency")
    @classmethod
    def _is_currency(cls, code: str) -> str:
        known = currency_code(code)
        if not known:
            raise ValueError(f"'{code}' is no currency; write its code, such as EUR")
        return known

    @field_validator("database_url")
    @classmethod
    def _with_our_driver(cls, url: str) -> str:
        """Hosts hand out ``postgres://`` and ``postgresql://``; SQLAlchemy wants the driver too."""
        scheme, separator, rest = url.partition("://")
        if not url or (separator and scheme == DATABASE_SCHEME):
            return url
        if not separator or scheme.partition("+")[0] not in ("postgres", "postgresql"):
            raise ValueError("write it as postgresql://USER:PASSWORD@HOST:PORT/DATABASE")
        return f"{DATABASE_SCHEME}://{rest}"

    def temporal_tls_config(self) -> bool | TLSConfig:
        """How to speak TLS with Temporal, for ``Client.connect``; False: not at all."""
        authority = self.temporal_tls_server_ca_cert_path
        certificate = self.temporal_tls_client_cert_path
        key = self.temporal_tls_client_key_path
        if not (authority or certificate or self.temporal_tls_server_name):
            return self.temporal_tls
        return TLSConfig(
            server_root_ca_cert=authority.read_bytes() if authority else None,
            domain=self.temporal_tls_server_name or None,
            client_cert=certificate.read_bytes() if certificate else None,
            client_private_key=key.read_bytes() if key else None,
        )

    def sending_domains(self) -> frozenset[str]:
        """The domains that mail may come from."""
        return frozenset({self.email_from.rpartition("@")[2], *_listed(self.email_domains)})

    def visit_spool(self) -> Path:
        """The folder in which web apps keep what recipients do while the database is away."""
        return self.perennial_home / "spool" / "visits"

    def needs_second_factor(self, role: str) -> bool:
        """Whether users of this role must have a second factor."""
        return role in _listed(self.second_factor_roles)

    def processes(self) -> int:
        """In how many processes the worker runs.

        Raises:
            SettingRefused: there would be none, or so many that they stood in each other's way.
        """
        # Where a program can't be told its cores, it can't be supervised either.
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
        if self.worker_processes is None:
            return cores
        if not 1 <= self.worker_processes <= PROCESSES_PER_CORE * cores:
            raise SettingRefused(
                f"WORKER_PROCESSES is {self.worker_processes}: a worker needs at least 1 process, "
                f"and on {cores} cores at most {PROCESSES_PER_CORE * cores}. Leave it out for one "
                "a core."
            )
        return self.worker_processes

    def clock(self) -> Clock:
        """The calendar of this deployment."""
        return Clock(self.demo_time_epoch, self.demo_time_factor, self.demo_time_start)

    def refuse_unsafe(self) -> None:
        """Check what decides who gets in, before anything starts.

        Raises:
            SettingRefused: a secret can be guessed, or nobody could sign in.
        """
        for variable, (shortest, different) in _SECRETS.items():
            secret = getattr(self, variable.lower())
            value = secret.get_secret_value() if secret else ""
            if value and (len(value) < shortest or len(set(value)) < different):
                raise SettingRefused(
                    f"{variable} can be guessed: it needs at least {shortest} characters, drawn by "
                    "chance. `openssl rand -hex 32` makes a good one."
                )
        if self.dial_url and not (self.dial_secret and self.dial_secret.get_secret_value()):
            raise SettingRefused(
                "DIAL_URL is set and DIAL_SECRET is not: nobody could tell that an address comes "
                "from here. Set both, or neither."
            )
        if self.passwords == "off" and not self.oidc_issuer:
            raise SettingRefused(
                "PASSWORDS is off and OIDC_ISSUER is not set: nobody could sign in. Set "
                "OIDC_ISSUER, OIDC_CLIENT_ID and OIDC_CLIENT_SECRET, or leave PASSWORDS out."
            )

    def web_url(self) -> str:
        """Base address of the web app, without a trailing slash."""
        return (self.public_url or f"http://{self.web_host}:{self.web_port}").rstrip("/")


def _listed(names: str) -> list[str]:
    return [name.strip() for name in names.split(",") if name.strip()]


@functools.cache
def get() -> Settings:
    """The settings of this process, read once.

    Raises:
        SettingRefused: a variable holds a value of the wrong kind, a secret can be guessed, or
            nobody could sign in.
    """
    try:
        settings = Settings()
    except ValidationError as error:
        wrong = "; ".join(
            f"{'_'.join(str(part) for part in problem['loc']).upper()}: {problem['msg']}"
            for problem in error.errors(include_url=False, include_input=False)
        )
        raise SettingRefused(
            f"An environment variable has a value that does not fit: {wrong}."
        ) from None
    settings.refuse_unsafe()
    return settings
