"""Copies and near duplicates: against a plain loop, and in memory as on disk."""

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from timbred_catalogs import near_groups
from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.duplicates import copies, near_duplicates
from timbred_catalogs.embedder import Embedder
from timbred_catalogs.errors import CatalogError
from timbred_catalogs.ingest import ingest
from timbred_catalogs.ledger import Ledger
from timbred_catalogs.sound import KnownFile, Sound

MakeSound = Callable[..., Sound]
MakeWav = Callable[..., Path]
DIM = 8


def loop_twin(vectors: np.ndarray, durations: np.ndarray, least_cosine: float) -> list[int]:
    """Row by row, as the docstring says it."""
    led = [-1] * len(vectors)
    for row in range(len(vectors)):
        for leader in range(row + 1):
            longest = durations[leader] * 1.03 + 0.06
            leads = led[leader] == leader or leader == row
            if (
                leads
                and durations[row] <= longest
                and (leader == row or vectors[leader] @ vectors[row] >= least_cosine)
            ):
                led[row] = leader
                break
    return led


@pytest.mark.parametrize("block, chunk", [(256, 32_768), (7, 11), (1, 1)])
def test_the_blocks_find_what_a_plain_loop_finds(
    block: int, chunk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(near_groups, "BLOCK_ROWS", block)
    monkeypatch.setattr(near_groups, "CHUNK_ROWS", chunk)
    rng = np.random.default_rng(6)
    centres = rng.standard_normal((12, DIM))[rng.integers(0, 12, 150)]
    vectors = (centres + 0.12 * rng.standard_normal((150, DIM))).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    durations = np.sort(rng.choice([0.1, 0.2, 0.5, 2.0], 150) * rng.uniform(0.9, 1.1, 150))
    vectors[20] = np.nan
    led = near_groups.leaders(vectors, durations, 0.98).tolist()
    assert led == loop_twin(vectors, durations, 0.98)
    assert 10 < len(set(led)) < 140
    assert led.count(led[20]) == 1


@pytest.fixture
def spread(memory: Catalogue, make_sound: MakeSound) -> Catalogue:
    """Three of one sound, of which one is a favourite and one twice as long, and two others."""
    memory.declare_space("timbre", "model-1", DIM)
    near, far = np.eye(DIM)[0], np.eye(DIM)[1]
    sounds = [
        make_sound(1, duration_seconds=1.0, size_bytes=100),
        make_sound(2, duration_seconds=1.05, size_bytes=900),
        make_sound(3, duration_seconds=2.0),
        make_sound(4, duration_seconds=1.0, missing=True),
        make_sound(5, duration_seconds=1.0),
        make_sound(6, duration_seconds=1.01, size_bytes=50, favourite=True),
    ]
    tilted = near + 0.1 * far
    memory.add(sounds, {"timbre": np.stack([near, tilted, near, near, far, near])})
    memory.add([make_sound(7, duration_seconds=1.0)], {})
    return memory


@pytest.mark.parametrize("in_memory_up_to", [1000, 0])
def test_a_group_has_one_length_and_names_first_what_one_would_keep(
    spread: Catalogue, in_memory_up_to: int
) -> None:
    [group] = near_duplicates(spread, "timbre", in_memory_up_to=in_memory_up_to)
    assert [int(sound.id, 16) for sound in group.sounds] == [6, 2, 1]
    assert group.similarities == pytest.approx((1.0, 1 / np.sqrt(1.01), 1.0), abs=1e-6)


def test_the_cosine_decides(spread: Catalogue) -> None:
    [group] = near_duplicates(spread, "timbre", least_cosine=0.999)
    assert [int(sound.id, 16) for sound in group.sounds] == [6, 1]
    with pytest.raises(CatalogError, match=r"cosine must be 0.5..1, not 1.2"):
        near_duplicates(spread, "timbre", least_cosine=1.2)
    with pytest.raises(CatalogError, match="no text vectors: run 'timbred catalog rebuild --space text'"):
        near_duplicates(spread, "text")


def test_the_cosines_are_those_to_the_shortest_and_none_is_below_the_least(
    memory: Catalogue, make_sound: MakeSound
) -> None:
    """To the largest, which one would keep, the other's cosine is too low."""
    memory.declare_space("timbre", "model-1", DIM)
    middle, aside = np.eye(DIM)[0], 0.2 * np.eye(DIM)[1]
    sounds = [make_sound(n, duration_seconds=1.0 + n / 100, size_bytes=100 * n) for n in (1, 2, 3)]
    memory.add(sounds, {"timbre": np.stack([middle, middle + aside, middle - aside])})
    [group] = near_duplicates(memory, "timbre", least_cosine=0.97)
    assert [int(sound.id, 16) for sound in group.sounds] == [3, 2, 1]
    assert group.similarities == pytest.approx((1 / np.sqrt(1.04), 1 / np.sqrt(1.04), 1.0), abs=1e-6)


def test_presets_of_one_file_are_no_duplicates_of_each_other(
    memory: Catalogue, make_sound: MakeSound
) -> None:
    memory.declare_space("timbre", "model-1", DIM)
    near, other, far = np.eye(DIM)[0], np.eye(DIM)[1], np.eye(DIM)[2]
    tilted = near + 0.1 * far
    places: list[tuple[str, str | None, np.ndarray]] = [
        ("/a.sf2", "0:1", near),
        ("/a.sf2", "0:2", near),
        ("/b.vst3", "One", other),
        ("/b.vst3", "Two", other),
        ("/c.sf2", "0:1", tilted),
        ("/c.sf2", "0:2", near),
        ("/d.wav", None, near),
    ]
    sounds = [make_sound(n, path=path, preset=preset) for n, (path, preset, _) in enumerate(places)]
    memory.add(sounds, {"timbre": np.stack([vector for _, _, vector in places])})
    [group] = near_duplicates(memory, "timbre")
    font, other_font, file = (sound.place for sound in group.sounds)
    assert font in ("/a.sf2#0:1", "/a.sf2#0:2")
    assert (other_font, file) == ("/c.sf2#0:2", "/d.wav")
    assert group.similarities == pytest.approx((1.0, 1.0, 1.0))


def test_nothing_is_a_duplicate_in_an_empty_catalogue(memory: Catalogue) -> None:
    memory.declare_space("timbre", "model-1", DIM)
    assert near_duplicates(memory, "timbre") == []
    assert copies(memory) == []


def test_the_presets_of_two_copies_of_a_soundfont_are_one_pair_of_copies(
    tmp_path: Path, memory: Catalogue, make_sound: MakeSound
) -> None:
    fonts = [str(tmp_path / name) for name in ("a.sf2", "b.sf2")]
    for font in fonts:
        Path(font).write_bytes(b"font")
    memory.add([make_sound(n, path=fonts[0], preset=f"0:{n}", size_bytes=4) for n in range(3)], {})
    for number in range(3):
        files = {f"{font}#0:{number}": KnownFile(f"{number:032x}", 4, 0) for font in fonts}
        Ledger(memory.tables).record(files, [])
    [found] = copies(memory)
    assert (found.paths, found.spare_bytes) == (tuple(fonts), 4)


def test_one_file_by_several_paths_is_no_copy(tmp_path: Path, make_wav: MakeWav, embedder: Embedder) -> None:
    kick = make_wav(tmp_path / "lib" / "kick.wav", 1)
    snare = make_wav(tmp_path / "lib" / "snare.wav", 2)
    (tmp_path / "link").symlink_to(tmp_path / "lib")
    (tmp_path / "lib" / "a hard link.wav").hardlink_to(kick)
    catalogue = Catalogue.open(tmp_path / "catalog", mode="create")
    ingest(catalogue, [tmp_path / "lib"], [embedder])
    ingest(catalogue, [tmp_path / "link"], [embedder])
    assert copies(catalogue) == []
    shutil.copy(snare, tmp_path / "lib" / "a copy.wav")
    ingest(catalogue, [tmp_path / "lib"], [embedder])
    [found] = copies(catalogue)
    assert found.paths == (str(snare), str(tmp_path / "lib" / "a copy.wav"))
    assert (found.sound.path, found.spare_bytes) == (str(snare), snare.stat().st_size)


def test_the_path_of_the_catalogue_stands_for_its_file(
    tmp_path: Path, memory: Catalogue, make_sound: MakeSound
) -> None:
    paths = [str(tmp_path / name) for name in ("a.wav", "b.wav", "c.wav", "d.wav", "gone.wav")]
    for path in paths[:2]:
        Path(path).write_bytes(b"kick")
    for path in paths[2:4]:
        Path(path).hardlink_to(paths[1])
    memory.add([make_sound(1, path=paths[2], size_bytes=4)], {})
    Ledger(memory.tables).record({path: KnownFile(f"{1:032x}", 4, 0) for path in paths}, [])
    [found] = copies(memory)
    assert (found.paths, found.spare_bytes) == ((paths[2], paths[0]), 4)


def test_copies_are_files_of_one_content_that_are_there(
    tmp_path: Path, make_wav: MakeWav, embedder: Embedder
) -> None:
    kick = make_wav(tmp_path / "lib" / "kick.wav", 1)
    make_wav(tmp_path / "lib" / "snare.wav", 2)
    for name in ("b.wav", "a.wav", "gone.wav"):
        shutil.copy(kick, tmp_path / "lib" / name)
    catalogue = Catalogue.open(tmp_path / "catalog", mode="create")
    ingest(catalogue, [tmp_path / "lib"], [embedder])
    (tmp_path / "lib" / "gone.wav").unlink()
    [found] = copies(catalogue)
    assert found.paths[0] == found.sound.path
    assert {Path(path).name for path in found.paths} == {"a.wav", "b.wav", "kick.wav"}
    assert found.spare_bytes == 2 * kick.stat().st_size
    assert len(list((tmp_path / "lib").iterdir())) == 4, "nothing is deleted"
