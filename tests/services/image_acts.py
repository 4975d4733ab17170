"""What people do with the images of mails, at three doors."""

from __future__ import annotations

from pathlib import Path

import httpx2 as httpx

from domain.email.images import clean_image
from services import images
from tests.services.act_cases import Act, asked, pressed
from tests.support.pictures import picture
from tests.web.api.conftest import Api

LOGO = picture("PNG")
SVG = b"<svg xmlns='http://www.w3.org/2000/svg'/>"
NAME = clean_image(LOGO).name


def files_of(folder: Path) -> None:
    """What the command line uploads."""
    (folder / "logo.png").write_bytes(LOGO)
    (folder / "logo.svg").write_bytes(SVG)


async def uploaded(api: Api, file: str, data: bytes, alt: str = "Our logo") -> str:
    """A file that a program sends; what it is told when it is refused."""
    headers = {"Authorization": f"Bearer {api.tokens['marketing']}"}
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(api.app), base_url="http://go.test/api", timeout=60
    ) as client:
        answer = await client.post(
            "/images", headers=headers, files={"file": (file, data)}, data={"alt": alt}
        )
    return "" if answer.status_code < 400 else str(answer.json()["detail"])


def kept(api: Api) -> None:
    """There is an image that nothing shows."""
    api.value(
        "INSERT INTO image (name, kind, width, height, size, content, alt, file_name, uploaded_by) "
        "VALUES (:name, 'png', 8, 6, 1, 'x', 'Logo', 'logo.png', 'eve') RETURNING id",
        name=NAME,
    )


def shown(api: Api) -> None:
    """A published mail shows it."""
    kept(api)
    api.value(
        "INSERT INTO template_version (name, language, digest, source, compiled) "
        "VALUES ('offer', 'en', 'x', :source, '{}') RETURNING id",
        source=f'<mj-image src="https://go.test/images/{NAME}" alt="Logo" />',
    )


IMAGE_ACTS = [
    Act(
        "upload an image",
        "marketing",
        lambda api: uploaded(api, "logo.png", LOGO),
        pressed("marketing", images.upload, LOGO, alt="Our logo", file_name="logo.png"),
        ("image", "add", "logo.png", "--alt", "Our logo"),
    ),
    Act(
        "upload what is no image",
        "marketing",
        lambda api: uploaded(api, "logo.svg", SVG),
        pressed("marketing", images.upload, SVG, alt="Our logo", file_name="logo.svg"),
        ("image", "add", "logo.svg", "--alt", "Our logo"),
        "An SVG can run scripts",
    ),
    Act(
        "upload an image without saying what it shows",
        "marketing",
        lambda api: uploaded(api, "logo.png", LOGO, " "),
        pressed("marketing", images.upload, LOGO, alt=" ", file_name="logo.png"),
        ("image", "add", "logo.png", "--alt", " "),
        "Say what the image shows",
    ),
    Act(
        "delete an image",
        "marketing",
        asked("marketing", "DELETE", f"/images/{NAME}"),
        pressed("marketing", images.remove, NAME),
        ("image", "delete", NAME),
        before=kept,
    ),
    Act(
        "delete an image that a mail shows",
        "marketing",
        asked("marketing", "DELETE", f"/images/{NAME}"),
        pressed("marketing", images.remove, NAME),
        ("image", "delete", NAME),
        "This image is shown by offer.en",
        before=shown,
    ),
]
