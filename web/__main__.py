"""``python -m web``: serve the web app on ``WEB_HOST``:``WEB_PORT``."""

from __future__ import annotations

import sys

import uvicorn

import settings
from web.app import create_app


def main() -> int:
    """Serve until SIGTERM or Ctrl-C; 2 when a setting is missing."""
    chosen = settings.get()
    if not chosen.database_url:
        print(  # noqa: T201
            "DATABASE_URL is not set. Set it, or start everything with: starter.py up",
            file=sys.stderr,
        )
        return 2
    # No access log: paths hold tokens and searches, and lines hold addresses.
    uvicorn.run(
        create_app(chosen),
        host=chosen.web_host,
        port=chosen.web_port,
        access_log=False,
        server_header=False,
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
