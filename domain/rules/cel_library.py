"""The library ``cel``, without the command line that it imports: every program of ours would load
its prompt and its colours, a tenth of a worker's start."""

from __future__ import annotations

import sys
from types import ModuleType

sys.modules.setdefault("cel.cli", ModuleType("cel.cli"))

import cel

__all__ = ["cel"]
