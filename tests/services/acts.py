"""All functions that change something."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from typing import Any

import services
from services.access import Act, act_of


def all_acts() -> Iterator[tuple[Callable[..., Any], Act]]:
    """Each with what it does."""
    for module in pkgutil.iter_modules(services.__path__, "services."):
        for function in vars(importlib.import_module(module.name)).values():
            act = act_of(function) if callable(function) else None
            if act is not None and function.__module__ == module.name:
                yield function, act
