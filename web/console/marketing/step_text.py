"""What a form has no field for, as it is written."""

from __future__ import annotations

import io
from typing import Any

from ruamel.yaml import YAML


def as_text(value: Any) -> str:
    """Plain data as YAML."""
    written = io.StringIO()
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style = False
    yaml.allow_unicode = True
    yaml.dump(value, written)
    return written.getvalue().removesuffix("...\n").rstrip()
