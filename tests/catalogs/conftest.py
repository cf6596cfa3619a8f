"""A catalogue in memory, and sounds to put into it."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.sound import Sound


@pytest.fixture
def memory() -> Catalogue:
    return Catalogue.open("memory://", mode="create")


@pytest.fixture
def make_sound() -> Callable[..., Sound]:
    return _make_sound


def _make_sound(number: int, **changes: Any) -> Sound:
    values: dict[str, Any] = {
        "id": f"{number:032x}",
        "path": f"/samples/pack/sound {number}.wav",
        "name": f"sound {number}",
        "pack": "pack",
        "kind": "one_shot",
        "role": None,
        "role_confidence": 0.0,
        "role_source": None,
        "duration_seconds": 0.5,
        "peak_db": -1.0,
        "loudness_lufs": -14.0,
        "pitch_midi": None,
        "pitch_confidence": 0.0,
        "tempo_bpm": None,
        "tempo_confidence": 0.0,
        "key": None,
        "key_confidence": 0.0,
        "channels": 1,
        "sample_rate": 44100,
        "tags": (),
        "favourite": False,
        "missing": False,
        "size_bytes": 44144,
        "mtime_ns": 1_700_000_000_000_000_000,
        "added_at": datetime(2026, 1, 2, tzinfo=UTC),
    }
    return Sound(**{**values, **changes})
