"""One SQLAlchemy engine per process and database."""

from __future__ import annotations

import functools

from sqlalchemy import Engine, create_engine


@functools.cache
def engine(database_url: str, pool_size: int = 8) -> Engine:
    """The engine for ``database_url`` (``postgresql+psycopg2://…``), made once per process.

    ``pool_size`` connections are kept; as many again may be opened for a moment.
    """
    return create_engine(
        database_url,
        pool_size=pool_size,
        max_overflow=pool_size,
        # Errors are logged; what they happened with may be somebody's mail.
        hide_parameters=True,
        connect_args={"connect_timeout": 10, "options": "-c timezone=UTC"},
    )
