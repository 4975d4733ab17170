"""A Temporal with mutual TLS, as production may have it: an endpoint that asks for a certificate,
before the real server."""

from __future__ import annotations

import asyncio
import shutil
import ssl
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from pydantic import ValidationError
from temporalio.client import Client

from embedded.temporal import EmbeddedTemporal
from settings import Settings
from tests.support.folders import server_folder

pytestmark = pytest.mark.xdist_group("tls")


@pytest.fixture(scope="module")
def temporal() -> Iterator[EmbeddedTemporal]:
    """A real server on free ports."""
    folder = server_folder()
    anywhere = {"temporal": 0, "ui": 0, "metrics": 0}
    server = EmbeddedTemporal(folder / "temporal.db", folder / "logs", {}, anywhere)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(folder)


@pytest.fixture
def certificates(tmp_path: Path) -> Path:
    """A folder with ca.pem, and server and client certificates that it signed; other.pem is an
    authority that signed none of them."""

    def openssl(*arguments: str) -> None:
        subprocess.run(["openssl", *arguments], check=True, capture_output=True, cwd=tmp_path)

    for authority in ("ca", "other"):
        openssl(
            "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj",
            f"/CN={authority}", "-keyout", f"{authority}.key", "-out", f"{authority}.pem",
        )  # fmt: skip
    (tmp_path / "names").write_text("subjectAltName=DNS:temporal.corp.example\n")
    for name in ("server", "client"):
        openssl(
            "req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={name}",
            "-keyout", f"{name}.key", "-out", f"{name}.csr",
        )  # fmt: skip
        openssl(
            "x509", "-req", "-in", f"{name}.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
            "-CAcreateserial", "-days", "2", "-extfile", "names", "-out", f"{name}.pem",
        )  # fmt: skip
    return tmp_path


@asynccontextmanager
async def mutual_tls(temporal: EmbeddedTemporal, certificates: Path) -> AsyncIterator[str]:
    """``host:port`` of an endpoint that takes only clients with a certificate of ca.pem."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificates / "server.pem", certificates / "server.key")
    context.load_verify_locations(certificates / "ca.pem")
    context.verify_mode = ssl.CERT_REQUIRED
    context.set_alpn_protocols(["h2"])

    async def pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while data := await reader.read(65536):
                writer.write(data)
                await writer.drain()
        writer.close()

    served: set[asyncio.Task[None]] = set()
    writers: list[asyncio.StreamWriter] = []

    async def forward(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        inner_reader, inner_writer = await asyncio.open_connection(*temporal.address.split(":"))
        writers.extend((writer, inner_writer))
        await asyncio.gather(pass_on(reader, inner_writer), pass_on(inner_reader, writer))

    def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        served.add(asyncio.create_task(forward(reader, writer)))

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    host, port = server.sockets[0].getsockname()
    try:
        yield f"{host}:{port}"
    finally:
        server.close()
        for writer in writers:
            writer.transport.abort()
        for task in served:
            task.cancel()
        await asyncio.gather(*served, return_exceptions=True)
        await asyncio.sleep(0.1)


def settings(certificates: Path, **changed: str) -> Settings:
    """Those of a deployment with our client certificate."""
    values = {
        "temporal_tls_server_ca_cert_path": str(certificates / "ca.pem"),
        "temporal_tls_server_name": "temporal.corp.example",
        "temporal_tls_client_cert_path": str(certificates / "client.pem"),
        "temporal_tls_client_key_path": str(certificates / "client.key"),
    }
    return Settings.model_validate(values | changed)


async def test_a_temporal_that_wants_certificates_gets_ours(
    temporal: EmbeddedTemporal, certificates: Path
) -> None:
    """Mutual TLS is how production keeps others from Temporal."""
    async with mutual_tls(temporal, certificates) as address:
        tls = settings(certificates).temporal_tls_config()
        client = await Client.connect(address, tls=tls)
        assert [run async for run in client.list_workflows()] == []
        del client


async def test_without_a_certificate_nobody_gets_in(
    temporal: EmbeddedTemporal, certificates: Path
) -> None:
    """Else the endpoint above proves nothing."""
    nobody = settings(
        certificates, temporal_tls_client_cert_path="", temporal_tls_client_key_path=""
    )
    async with mutual_tls(temporal, certificates) as address:
        with pytest.raises(RuntimeError):
            await Client.connect(address, tls=nobody.temporal_tls_config())


async def test_a_temporal_with_a_certificate_of_somebody_else_is_not_spoken_to(
    temporal: EmbeddedTemporal, certificates: Path
) -> None:
    """Else whoever gets between the two reads and starts journeys."""
    stranger = settings(
        certificates, temporal_tls_server_ca_cert_path=str(certificates / "other.pem")
    )
    async with mutual_tls(temporal, certificates) as address:
        with pytest.raises(RuntimeError):
            await Client.connect(address, tls=stranger.temporal_tls_config())


def test_a_certificate_without_its_key_is_refused_at_the_start(certificates: Path) -> None:
    """Ops hear which variable is missing, not a handshake error an hour later."""
    with pytest.raises(ValidationError, match="TEMPORAL_TLS_CLIENT_KEY_PATH"):
        settings(certificates, temporal_tls_client_key_path="")
    with pytest.raises(ValidationError, match="does not point to a file"):
        settings(certificates, temporal_tls_server_ca_cert_path="/nowhere.pem")
    assert Settings.model_validate({"temporal_tls": True}).temporal_tls_config() is True
