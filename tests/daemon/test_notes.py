"""What lists play for instruments: notes that are rendered beside, and told once they are there."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from daemon_thread import Daemon
from fake_plugin import FakePlugin
from library_of_tones import PITCHES_HZ, sound, tone
from waiting import wait_for

from timbred import notes as notes_module
from timbred.notes import Notes
from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.instruments.reference_note import HOLD_SECONDS
from timbred_catalogs.note_cache import NoteCache, cache_folder
from timbred_catalogs.sound import Sound


def write_instrument(folder: Path, number: int = 1) -> Sound:
    """An SFZ of one tone, as the catalogue knows it."""
    folder.mkdir(exist_ok=True)
    sf.write(folder / "tone.wav", tone(400, 1.0, 22_050), 22_050)
    path = folder / f"Deep {number}.sfz"
    path.write_text("<region> sample=tone.wav pitch_keycenter=60")
    return replace(sound(number << 96, name=f"Deep {number}"), path=str(path), kind="instrument")


class Told:
    """Counts what it is told."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> None:
        self.times += 1


@pytest.fixture
def told() -> Told:
    return Told()


@pytest.fixture
def notes(tmp_path: Path, told: Told) -> Iterator[Notes]:
    """Started."""
    part = Notes(NoteCache(tmp_path / "cache"), told)
    part.start()
    yield part
    part.stop()


@pytest.mark.timeout(200)
def test_an_instruments_file_is_its_note_once_it_is_rendered(
    notes: Notes, told: Told, tmp_path: Path
) -> None:
    sample, instrument = sound(7), write_instrument(tmp_path / "Samples")
    assert notes.file_of(sample) == sample.path
    assert notes.file_of(instrument) == ""
    wait_for(lambda: told.times, 100)
    held = sf.info(notes.file_of(instrument)).duration
    assert held == pytest.approx(HOLD_SECONDS, abs=0.05)


@pytest.mark.timeout(200)
def test_an_instrument_that_cannot_be_played_is_not_asked_again_and_again(
    notes: Notes, told: Told, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    instrument = write_instrument(tmp_path / "Samples")
    Path(instrument.path).unlink()
    assert notes.file_of(instrument) == ""
    wait_for(lambda: told.times, 100)
    assert notes.file_of(instrument) == ""
    other = write_instrument(tmp_path / "Samples", 2)
    notes.file_of(other)
    wait_for(lambda: notes.file_of(other), 100)
    assert sum("cannot be played" in record.message for record in caplog.records) == 1


def test_of_too_many_instruments_those_asked_for_last_are_rendered(
    tmp_path: Path, told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendered: list[Sound] = []
    monkeypatch.setattr(notes_module, "MOST_WAITING", 2)
    monkeypatch.setattr("timbred_catalogs.playable.playable", lambda one, cache: rendered.append(one))
    part = Notes(NoteCache(tmp_path / "cache"), told)
    instruments = [write_instrument(tmp_path / "Samples", number) for number in range(3)]
    for instrument in [*instruments, instruments[2]]:
        part.file_of(instrument)
    for _ in range(2):
        part.turn()
    assert rendered == instruments[1:]
    assert told.times >= 1


@pytest.mark.timeout(300)
def test_the_plugin_is_told_an_instruments_note_also_while_its_list_is_frozen(
    daemon_folders: Daemon, tmp_path: Path
) -> None:
    instrument = replace(write_instrument(tmp_path / "Samples"), role="keys")
    encoder = daemon_folders.encoder
    vector = encoder.embed_batch([tone(PITCHES_HZ[1], 1.0, encoder.sample_rate)])
    Catalogue.open(daemon_folders.catalog, mode="write").add([instrument], {encoder.space: vector})
    daemon_folders.start()
    plugin = FakePlugin(daemon_folders.folder, np.stack([tone(PITCHES_HZ[1], 2.0, 48_000)] * 2)).start()
    try:
        wait_for(lambda: "Deep 1" in plugin.names("keys"), 60)
        plugin.say("/timbred/freeze", 1)
        wait_for(lambda: path_of(plugin, "Deep 1"), 100)
        assert Path(path_of(plugin, "Deep 1")).parent == cache_folder()
        assert path_of(plugin, "bass 400 Hz tone").startswith("/sounds/")
    finally:
        plugin.stop()
        daemon_folders.stop()


def path_of(plugin: FakePlugin, name: str) -> str:
    """What the newest list says to play for the sound of that name."""
    return next((str(row["path"]) for row in plugin.rows if row["name"] == name), "")
