"""Prints for programs: one JSON value a line."""

import json
from collections.abc import Mapping


def print_json(value: Mapping[str, object]) -> None:
    """Prints one line, at once."""
    print(json.dumps(value, ensure_ascii=False, allow_nan=False), flush=True)
