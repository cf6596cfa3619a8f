"""A run that dies between two commits, and is run again, equals one that was left in peace."""

from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.embedder import Embedder
from timbred_catalogs.ingest import ingest

FILES = 30
MakeWav = Callable[..., Path]


@pytest.fixture
def library(tmp_path: Path, make_wav: MakeWav) -> Path:
    """Every tenth file is a copy of the one before it; ten more are empty."""
    folder = tmp_path / "Samples"
    for number in range(FILES):
        seed = number - 1 if number % 10 == 9 else number
        make_wav(folder / f"Pack {number % 3}" / f"Kick {number}.wav", seed=seed, seconds=0.1)
    for number in range(10):
        (folder / f"empty {number}.wav").write_bytes(b"")
    return folder


def rows(catalogue: Catalogue) -> dict[str, Any]:
    """Everything but the moment of adding and, of copies, which one was met first."""
    names = [
        field.name
        for field in fields(next(catalogue.sounds()))
        if field.name in ("id", "role", "kind", "peak_db")
    ]
    sounds = list(catalogue.sounds())
    ids = [sound.id for sound in sounds]
    assert len(set(ids)) == len(ids), "no sound is doubled"
    vectors = np.round(catalogue.vectors("timbre", ids), 5).tolist()
    files = catalogue.tables.files.to_arrow().sort_by("path").to_pylist()
    return {
        "sounds": {
            s.id: [getattr(s, name) for name in names] + v for s, v in zip(sounds, vectors, strict=True)
        },
        "files": files,
        "unreadable": catalogue.unreadable(),
    }


@pytest.mark.parametrize("step", ["add", "record"])
def test_a_death_between_two_commits_doubles_nothing(
    tmp_path: Path, library: Path, embedder: Embedder, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    undisturbed = Catalogue.open(tmp_path / "undisturbed", mode="create")
    ingest(undisturbed, [library], [embedder])
    killed = Catalogue.open(tmp_path / "killed", mode="create")

    def die(*_: object) -> None:
        raise SystemError("died here")

    with monkeypatch.context() as patch:
        place = "catalogue.Catalogue.add" if step == "add" else "ledger.Ledger.record"
        patch.setattr(f"timbred_catalogs.{place}", die)
        with pytest.raises(SystemError):
            ingest(killed, [library], [embedder])
    ingest(killed, [library], [embedder])
    assert rows(killed) == rows(undisturbed)
