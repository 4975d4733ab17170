"""``python -m web``: serve the web app on ``WEB_HOST``:``WEB_PORT``."""

from __future__ import annotations

import gc

# What is imported stays: to look through it for garbage again and again costs up to a fifth of
# the start.
gc.disable()

import logging
import sys

import uvicorn
from prometheus_client import REGISTRY
from uvicorn.config import LOGGING_CONFIG

import settings
import tracing
from health.metrics import Health
from logs import keep_values_out_of_logs
from metrics import MetricsRefused
from metrics import serve as serve_metrics
from web.app import create_app
from web.bounded_http import BoundedHttp
from web.console.app import mount_console

gc.enable()

LARGEST_MESSAGE = 1024 * 1024
"""Bytes of what a page of the console says at once."""


def main() -> int:
    """Serve until SIGTERM or Ctrl-C; 2 when a setting is missing."""
    try:
        chosen = settings.get()
    except settings.SettingRefused as unsafe:
        print(str(unsafe), file=sys.stderr)  # noqa: T201
        return 2
    if not chosen.database_url:
        print(  # noqa: T201
            "DATABASE_URL is not set. Set it, or start everything with: starter.py up",
            file=sys.stderr,
        )
        return 2
    tracing.start("perennial-web", chosen.otel_exporter_otlp_endpoint)
    try:
        if chosen.metrics_address:
            REGISTRY.register(Health(chosen))
        serve_metrics(chosen.metrics_address)
    except MetricsRefused as refused:
        print(str(refused), file=sys.stderr)  # noqa: T201
        return 2
    app = create_app(chosen)
    mount_console(app, chosen)
    keep_values_out_of_logs(chosen.log_format)
    # A full collection holds everybody's page up: it need not go through what was imported, and
    # need not come as often as a page of the console is left.
    gc.collect()
    gc.freeze()
    gc.set_threshold(700, 10, 50)
    # No access log: paths hold tokens and searches, and lines hold addresses.
    logging.getLogger("uvicorn.error").addFilter(_is_no_socket)
    uvicorn.run(
        app,
        host=chosen.web_host,
        port=chosen.web_port,
        access_log=False,
        forwarded_allow_ips=",".join(filter(None, ["127.0.0.1", chosen.trusted_proxies])),
        server_header=False,
        http=BoundedHttp,
        # Its own lines are written as all others are.
        log_config=LOGGING_CONFIG if chosen.log_format == "console" else None,
        ws_max_size=LARGEST_MESSAGE,
    )
    return 0


def _is_no_socket(record: logging.LogRecord) -> bool:
    """Whether it is not the line of a console page that connects, which names the page's key."""
    return '"WebSocket %s"' not in str(record.msg)


if __name__ == "__main__":
    sys.exit(main())
