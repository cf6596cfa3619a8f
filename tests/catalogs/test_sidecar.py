"""A maker's own list of a pack's sounds."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.embedder import Embedder
from timbred_catalogs.ingest import ingest
from timbred_catalogs.sidecar import NOTHING, Said, said_of


def write(folder: Path, *entries: object) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "library.json").write_text(json.dumps({"sounds": entries}))


def test_the_innermost_list_that_names_the_file_is_heard(tmp_path: Path) -> None:
    write(tmp_path, {"path": "a/b.wav", "role": "kick"}, {"path": "a/c.wav", "role": "pad", "midi_note": 60})
    write(tmp_path / "a", {"path": "b.wav", "role": "snare", "tags": ["warm"]})
    assert said_of(str(tmp_path / "a" / "b.wav"), str(tmp_path)) == Said("snare", None, ("warm",))
    assert said_of(str(tmp_path / "a" / "c.wav"), str(tmp_path)) == Said("pad", 60.0, ())
    assert said_of(str(tmp_path / "a" / "d.wav"), str(tmp_path)) == NOTHING


def test_a_list_above_the_added_folder_is_not_looked_for(tmp_path: Path) -> None:
    write(tmp_path, {"path": "a/b.wav", "role": "kick"})
    file = str(tmp_path / "a" / "b.wav")
    assert said_of(file, str(tmp_path / "a")) == NOTHING
    assert said_of(file, file).role == "kick", "a file that was added by itself has no folder to stop at"


@pytest.mark.parametrize(
    "text", ["", "[]", '{"sounds": 3}', '{"sounds": [3]}', '{"sounds": [{}]}', "\xff", "[" * 100_000]
)
def test_a_list_of_another_form_says_nothing(tmp_path: Path, text: str) -> None:
    (tmp_path / "library.json").write_bytes(text.encode("latin-1"))
    assert said_of(str(tmp_path / "b.wav"), str(tmp_path)) == NOTHING


def test_a_role_or_note_that_is_none_is_passed_over(tmp_path: Path) -> None:
    write(tmp_path, {"path": "b.wav", "role": "gong", "midi_note": 900, "tags": "warm"})
    assert said_of(str(tmp_path / "b.wav"), str(tmp_path)) == NOTHING


def test_half_a_character_in_a_tag_becomes_a_question_mark(tmp_path: Path) -> None:
    (tmp_path / "library.json").write_text(r'{"sounds": [{"path": "b.wav", "tags": ["wa\ud800rm"]}]}')
    assert said_of(str(tmp_path / "b.wav"), str(tmp_path)).tags == ("wa?rm",)


def test_what_the_maker_says_stands_above_the_name(
    tmp_path: Path, embedder: Embedder, make_wav: Callable[..., Path]
) -> None:
    make_wav(tmp_path / "Pack" / "Snare C2.wav")
    write(tmp_path / "Pack", {"path": "Snare C2.wav", "role": "tom", "midi_note": 40, "tags": ["warm"]})
    catalogue = Catalogue.open("memory://", mode="create")
    ingest(catalogue, [tmp_path], [embedder])
    [sound] = catalogue.sounds()
    assert (sound.role, sound.role_confidence, sound.role_source) == ("tom", 1.0, "library")
    assert (sound.pitch_midi, sound.pitch_confidence, sound.tags) == (40.0, 1.0, ("warm",))
