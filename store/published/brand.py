"""The brand policy in force."""

from __future__ import annotations

from sqlalchemy import Connection

from domain.brand.policy import DEFAULT, BrandPolicy
from store.published.policies import PolicyMissing, policy


def brand_policy(connection: Connection) -> BrandPolicy:
    """The brand policy in force; the default one until one is published."""
    try:
        return policy(connection, BrandPolicy)
    except PolicyMissing:
        return DEFAULT
