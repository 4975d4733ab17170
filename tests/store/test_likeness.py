"""Who might be one person entered twice: names are compared as people write them."""

from __future__ import annotations

from sqlalchemy import text

from store.engine import engine

LIKE = text("SELECT lead_likeness(:first, :last, :account, :email)")
NAMES = [
    ("Åsa-Maria", "O’Neil", 7, "asa@example.com", "asa maria oneil@7"),
    ("Maria  Åsa", "O'Neil", 7, "other@example.com", "asa maria oneil@7"),
    ("ﾐﾅ", "佐藤", None, "mina@sato.example", "ミナ 佐藤@sato.example"),
    ("Dr.\u3000Ana", "d‑Silva", None, "ana@x.example", "ana d dr silva@x.example"),
    ("Zoë", "zoe", None, "zoe@x.example", "zoe zoe@x.example"),
    ("Ana", "", 7, "ana@x.example", None),
    ("...", "–", 7, "who@x.example", None),
]


def test_a_name_is_alike_however_it_is_written(database_url: str) -> None:
    """Else the same person stays two leads, who both get mail; or, with nothing but punctuation
    for a name, everybody of a company is taken for one."""
    database = engine(database_url)
    with database.connect() as connection:
        for first, last, account, email, alike in NAMES:
            given = {"first": first, "last": last, "account": account, "email": email}
            assert connection.scalar(LIKE, given) == alike, (first, last)
    database.dispose()
