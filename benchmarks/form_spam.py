"""What spam in a hosted form costs: ``python benchmarks/form_spam.py [--posts N] [--json]``.

A web app as a program of its own takes so many posts of programs over HTTP: some fill in the field
that no person sees, some write addresses of pages where names belong, and all are too fast. Each
names an address of somebody else. Nobody may become a lead by it, or be sent a mail; else it fails.
"""

from __future__ import annotations

import argparse
import re
import sys
import time
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import psutil
from sqlalchemy import text

from benchmarks.own_stack import own_stack, print_figures, web_apps
from cli.cadence import publish_files
from store.engine import engine

FORM = "/f/demo-request"
AT_ONCE = 8
"""Programs that send."""
_HIDDEN = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')
_ROWS = """
    SELECT (SELECT count(*) FROM lead) AS leads, (SELECT count(*) FROM touch) AS touches,
        (SELECT count(*) FROM outbox_message) AS mails,
        (SELECT count(*) FROM relay_message) AS messages,
        (SELECT count(*) FROM form_submission WHERE state <> 'spam') AS taken,
        (SELECT count(*) FROM form_submission WHERE state = 'spam') AS kept,
        (SELECT coalesce(sum(turned_away), 0) FROM form_day) AS turned_away,
        pg_total_relation_size('form_submission') AS bytes
"""


def post(port: int, numbers: Sequence[int]) -> Counter[int]:
    """Open the form and send it at once, for each of these; how often each status came."""
    said: Counter[int] = Counter()
    connection = HTTPConnection("127.0.0.1", port, timeout=60)
    for number in numbers:
        connection.request("GET", FORM)
        page = connection.getresponse().read().decode()
        answers = dict(_HIDDEN.findall(page)) | {
            "answer.email": f"victim-{number}@third.example",
            "answer.company": "Third",
            **({"more_details": "cheap pills"} if number % 3 == 0 else {}),
            **({"answer.first_name": "https://pills.example"} if number % 3 == 1 else {}),
        }
        connection.request(
            "POST", FORM, urlencode(answers), {"Content-Type": "application/x-www-form-urlencoded"}
        )
        answer = connection.getresponse()
        answer.read()
        said[answer.status] += 1
    connection.close()
    return said


def measure(posts: int) -> dict[str, Any]:
    """Send them, and count what there is then."""
    with own_stack() as (home, addresses):
        chosen = {
            "DATABASE_URL": addresses.database_url,
            "TEMPORAL_ADDRESS": addresses.temporal_address,
            "PERENNIAL_HOME": str(home),
            "SECRET_KEY": "a secret of the benchmarks, 0123456789",
            "EMAIL_CHANNEL": "outbox",
        }
        database = engine(addresses.database_url)
        publish_files(database, ROOT / "cadences", ROOT / "templates")
        with web_apps(chosen, home, 1) as apps:
            ((port, pid),) = apps.items()
            post(port, range(AT_ONCE))
            web = psutil.Process(pid)
            before, began = web.memory_info().rss, time.perf_counter()
            with ThreadPoolExecutor(AT_ONCE) as pool:
                shares = [range(AT_ONCE + n, posts, AT_ONCE) for n in range(AT_ONCE)]
                said = sum(pool.map(lambda share: post(port, share), shares), Counter())
            took, after = time.perf_counter() - began, web.memory_info().rss
        with database.connect() as connection:
            rows = connection.execute(text(_ROWS)).one()
        database.dispose()
    if any((rows.leads, rows.touches, rows.mails, rows.messages, rows.taken)):
        raise SystemExit(f"Spam became something: {rows}")
    return {
        "posts": posts,
        "seconds": round(took, 1),
        "posts a second, with a look each": round(said.total() / took),
        **{f"answered {status}": number for status, number in sorted(said.items())},
        "kept apart": rows.kept,
        "turned away": int(rows.turned_away),
        "MB of kept rows": round(rows.bytes / 1e6, 2),
        "MB of the web app before": round(before / 1e6),
        "MB of the web app after": round(after / 1e6),
        "leads, touches, mails, messages": 0,
    }


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--posts", type=int, default=10_000)
    parser.add_argument("--json", action="store_true")
    chosen = parser.parse_args()
    print_figures(measure(chosen.posts), as_json=chosen.json)


if __name__ == "__main__":
    main()
