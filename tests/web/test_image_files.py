"""The images of mails, as mail programs and strangers ask for them."""

from __future__ import annotations

import hashlib

import httpx2 as httpx
import pytest

from domain.email.images import MOST_BYTES, CleanImage, clean_image
from store.images.images import add_image, delete_image
from tests.support.pictures import picture
from tests.web.conftest import Site, browse
from web.app import create_app

LOGO = clean_image(picture("PNG"))
NOBODY_S = f"{'0' * 64}.png"


def keep(site: Site, image: CleanImage = LOGO) -> None:
    with site.database.begin() as connection:
        add_image(connection, image, alt="Logo", file_name="logo.png", by="eve")


async def test_everybody_sees_an_image_once_and_nobody_is_known_by_it(
    site: Site, browser: httpx.AsyncClient
) -> None:
    """A cookie would make each image of a mail a spy; without a long life in caches a campaign to
    100,000 people asks the database 100,000 times and more."""
    keep(site)

    answer = await browser.get(f"/images/{LOGO.name}")

    assert (answer.status_code, answer.content) == (200, LOGO.content)
    assert hashlib.sha256(answer.content).hexdigest() in LOGO.name
    headers = answer.headers
    assert headers["content-type"] == "image/png"
    assert headers["cache-control"] == "public, max-age=31536000, immutable"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cross-origin-resource-policy"] == "cross-origin"
    assert headers["content-security-policy"].startswith("default-src 'none'")
    assert "set-cookie" not in headers
    assert "vary" not in headers
    head = await browser.head(f"/images/{LOGO.name}")
    assert (head.status_code, head.content) == (200, b"")
    known = {"If-None-Match": headers["etag"]}
    again = await browser.get(f"/images/{LOGO.name}", headers=known)
    assert (again.status_code, again.content) == (304, b"")


async def test_another_web_app_has_it_at_once_and_forgets_it_at_once(site: Site) -> None:
    """An image that one of several web apps kept for itself would be missing in every other mail;
    one that was deleted because it must not be seen would be seen on."""
    keep(site)
    other = browse(site)
    site.app = create_app(site.settings)
    async with other, browse(site) as one:
        for app in (one, other):
            assert (await app.get(f"/images/{LOGO.name}")).status_code == 200
        with site.database.begin() as connection:
            assert delete_image(connection, LOGO.name)
        for app in (one, other):
            for headers in ({}, {"If-None-Match": f'"{LOGO.name}"'}):
                answer = await app.get(f"/images/{LOGO.name}", headers=headers)
                assert answer.status_code == 404
                assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "name",
    [
        NOBODY_S,
        LOGO.name.replace(".png", ".svg"),
        LOGO.name.replace(".png", ".gif"),
        LOGO.name.upper(),
        f"{LOGO.name}.html",
        f"{LOGO.name}%0a",
        f"%00{LOGO.name}",
        "..%2f..%2fetc%2fpasswd",
        "../settings.py",
        "%2e%2e/%2e%2e/etc/passwd",
        "' OR 1=1 --",
        "",
    ],
)
async def test_nothing_else_is_there(site: Site, browser: httpx.AsyncClient, name: str) -> None:
    """Else the address of an image leads to files of the server, or to an image as another type."""
    keep(site)

    answer = await browser.get(f"/images/{name}")

    assert answer.status_code == 404
    assert LOGO.content not in answer.content


async def test_nothing_can_be_written_there(site: Site, browser: httpx.AsyncClient) -> None:
    """Else a stranger hosts on the company's domain."""
    keep(site)

    for method in ("POST", "PUT", "DELETE", "PATCH"):
        answer = await browser.request(method, f"/images/{LOGO.name}", content=b"x" * 100)
        assert answer.status_code in (404, 405)
    sent = await browser.post("/api/images", content=b"x" * (MOST_BYTES + 100_000))
    assert sent.status_code == 413
    assert site.rows("SELECT count(*) FROM image") == [(1,)]
