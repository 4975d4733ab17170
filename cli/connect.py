"""The database that a command works with."""

from __future__ import annotations

from sqlalchemy import Engine

import settings
from runtime import addresses, reach_database
from store.engine import engine
from store.migrate import require_current


def database() -> Engine:
    """The database of this deployment, reached.

    Raises:
        Unreachable: it does not answer, or nobody says where it is.
        SchemaMismatch: it is not at the schema of this code.
    """
    url = addresses(settings.get()).database_url
    reach_database(url)
    require_current(url)
    return engine(url)
