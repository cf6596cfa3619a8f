"""SoundFonts, SFZ instruments, drum kits and VST3s become sounds; what is damaged is listed, one row each."""

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from tiny_instruments import write_drumgizmo_kit, write_hydrogen_kit, write_sfz, write_soundfont

from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.decode import UndecodableError
from timbred_catalogs.embedder import Embedder
from timbred_catalogs.filters import Where
from timbred_catalogs.ingest import ingest
from timbred_catalogs.instruments.reference_note import decoded_of
from timbred_catalogs.instruments.sfz import regions_of
from timbred_catalogs.instruments.sfz_note import render
from timbred_catalogs.instruments.soundfont import Preset, presets_of
from timbred_catalogs.marks import change_tags
from timbred_catalogs.pitch import pitch_of
from timbred_catalogs.rebuild import Rebuilt, rebuild
from timbred_catalogs.selection import select_ids
from timbred_catalogs.sound import Sound
from timbred_catalogs.summary import Summary

MakeWav = Callable[..., Path]
PRESETS = [(0, 0, "Grand Piano", 261.63), (0, 38, "Synth Bass 1", 261.63), (128, 0, "Standard", 200.0)]


@pytest.fixture
def font(tmp_path: Path) -> Path:
    pytest.importorskip("tinysoundfont")
    return write_soundfont(tmp_path / "Samples" / "Tiny GM.sf2", PRESETS)


def by_name(catalogue: Catalogue) -> dict[str, Sound]:
    return {sound.name: sound for sound in catalogue.sounds()}


def reasons(catalogue: Catalogue) -> dict[str, str]:
    return {Path(file.path).name: file.reason for file in catalogue.unreadable()}


def test_every_preset_of_a_soundfont_is_an_instrument(
    font: Path, memory: Catalogue, embedder: Embedder
) -> None:
    assert ingest(memory, [font.parent], [embedder]) == Summary(added=3)
    found = by_name(memory)
    piano, bass, kit = found["Grand Piano"], found["Synth Bass 1"], found["Standard"]
    assert {sound.kind for sound in found.values()} == {"instrument"}
    assert {sound.pack for sound in found.values()} == {"Tiny GM"}
    assert (piano.path, piano.preset, piano.place) == (str(font), "0:0", f"{font}#0:0")
    assert (piano.role, bass.role, kit.role) == ("keys", "bass", "percussion")
    assert (piano.pitch_midi, bass.pitch_midi) == (60.0, 36.0)
    assert ingest(memory, [font.parent], [embedder]) == Summary(unchanged=3)


def test_a_soundfont_that_moves_keeps_the_tags_of_its_presets(
    font: Path, memory: Catalogue, embedder: Embedder
) -> None:
    ingest(memory, [font.parent], [embedder])
    piano = by_name(memory)["Grand Piano"]
    change_tags(memory, [piano.id], add=["mine"])
    (font.parent / "Fonts").mkdir()
    font.rename(font.parent / "Fonts" / "Renamed.SF2")
    assert ingest(memory, [font.parent], [embedder]) == Summary(moved=3)
    moved = memory.get(piano.id)
    assert moved is not None
    assert (moved.name, moved.pack, moved.preset, moved.tags) == ("Grand Piano", "Renamed", "0:0", ("mine",))


def test_one_preset_or_all_may_be_named(font: Path, memory: Catalogue, embedder: Embedder) -> None:
    ingest(memory, [font], [embedder])
    assert select_ids(memory, [f"{font}#0:38"]) == [by_name(memory)["Synth Bass 1"].id]
    assert len(select_ids(memory, [str(font)])) == 3


def test_a_run_stopped_inside_a_soundfont_goes_on_with_its_other_presets(
    font: Path, memory: Catalogue, embedder: Embedder
) -> None:
    ingest(memory, [font], [embedder])
    kept = by_name(memory)["Grand Piano"]
    gone = [sound.id for sound in memory.sounds() if sound.id != kept.id]
    memory.remove(gone)
    assert ingest(memory, [font], [embedder]) == Summary(added=2, unchanged=1)


def test_instruments_are_played_again_for_another_model(
    font: Path, memory: Catalogue, embedder: Embedder, make_embedder: Callable[[str], Embedder]
) -> None:
    write_sfz(font.parent)
    ingest(memory, [font.parent], [embedder])
    ids = [sound.id for sound in memory.sounds()]
    assert rebuild(memory, make_embedder("new")) == Rebuilt(embedded=len(ids))


def test_a_soundfont_cut_in_half_is_one_unreadable_row(
    font: Path, memory: Catalogue, embedder: Embedder, make_wav: MakeWav
) -> None:
    make_wav(font.parent / "good.wav")
    whole = font.read_bytes()
    font.write_bytes(whole[: len(whole) // 2])
    (font.parent / "text.sf3").write_text("not a SoundFont, though it is called one")
    assert ingest(memory, [font.parent], [embedder]) == Summary(added=1, unreadable=2)
    cut = f"cut short: {len(whole) // 2:,} of {len(whole):,} bytes"
    assert reasons(memory) == {"Tiny GM.sf2": cut, "text.sf3": "not a SoundFont"}


def test_a_soundfonts_list_is_in_the_order_of_banks_and_programs(tmp_path: Path) -> None:
    path = write_soundfont(tmp_path / "a.sf2", [(1, 5, "Late", 300.0), (0, 7, "", 300.0)])
    assert presets_of(str(path)) == [Preset("0:7", "0:7"), Preset("1:5", "Late")]


def test_a_preset_in_a_bank_that_the_player_does_not_know_is_one_unreadable_row(
    tmp_path: Path, memory: Catalogue, embedder: Embedder
) -> None:
    pytest.importorskip("tinysoundfont")
    write_soundfont(tmp_path / "odd.sf2", [(0, 0, "Grand Piano", 261.63), (65535, 3, "Odd", 261.63)])
    assert ingest(memory, [tmp_path], [embedder]) == Summary(added=1, unreadable=1)
    assert reasons(memory) == {"odd.sf2#65535:3": "the player knows no bank 65535 with a program 3"}
    assert ingest(memory, [tmp_path], [embedder]) == Summary(unchanged=1, unreadable=1)


def test_a_presets_name_may_be_in_utf_8_or_in_latin_1(tmp_path: Path) -> None:
    font = write_soundfont(tmp_path / "a.sf2", [(0, 0, "Flüte", 261.63), (0, 1, "Cello?", 261.63)])
    font.write_bytes(font.read_bytes().replace(b"Cello?", b"Cell\xf4 "))
    assert [preset.name for preset in presets_of(str(font))] == ["Flüte", "Cellô"]


def test_an_sfz_is_an_instrument_played_at_its_roles_pitch(
    tmp_path: Path, memory: Catalogue, embedder: Embedder
) -> None:
    write_sfz(tmp_path / "Samples")
    ingest(memory, [tmp_path / "Samples"], [embedder])
    bass = by_name(memory)["Warm Bass"]
    assert (bass.kind, bass.role, bass.pitch_midi, bass.preset) == ("instrument", "bass", 36.0, None)


@pytest.mark.parametrize("note", [36, 48, 55])
def test_an_sfz_sounds_at_the_asked_pitch(tmp_path: Path, note: int) -> None:
    decoded = decoded_of(render(str(write_sfz(tmp_path)), note))
    pitch = pitch_of(decoded.audio, decoded.audio_rate)
    assert pitch is not None
    assert pitch.value == pytest.approx(note, abs=0.3)


def test_an_sfz_without_the_key_plays_its_nearest_and_says_so(
    tmp_path: Path, memory: Catalogue, embedder: Embedder
) -> None:
    path = write_sfz(tmp_path)
    path.write_text("<region> sample=samples/high.wav key=50")
    assert render(str(path), 36).note == 50
    ingest(memory, [tmp_path], [embedder])
    assert by_name(memory)["Warm Bass"].pitch_midi == 50.0


def test_an_sfz_loop_lasts_as_long_as_the_key_is_held(tmp_path: Path) -> None:
    path = write_sfz(tmp_path)
    sf.write(tmp_path / "short.wav", np.sin(np.arange(2205) * 2 * np.pi / 50).astype(np.float32), 22_050)
    path.write_text("<region> sample=short.wav key=60 loop_mode=loop_continuous loop_start=500 loop_end=1499")
    audio = render(str(path), 60).audio
    assert np.abs(audio[:, 80_000:88_000]).max() > 0.5
    assert np.abs(audio[:, 90_000:]).max() < 1e-6


def test_regions_inherit_from_their_groups_and_a_new_group_forgets_the_old(tmp_path: Path) -> None:
    regions = regions_of(str(write_sfz(tmp_path)))
    assert [region.sample.name for region in regions] == ["low c.wav", "high.wav"]
    assert [region.keys() for region in regions] == [range(42), range(42, 128)]
    assert regions[1].key("pitch_keycenter", 60) == 48


@pytest.mark.parametrize(
    "text, reason",
    [
        ("<region> sample=nowhere.wav", "its samples are missing: nowhere.wav"),
        ("no header at all", "names no sample"),
        ("<region> sample=*sine", "names no sample"),
        ("<region> sample=samples/high.wav volume=loud", "volume must be a number, not 'loud'"),
        ("<region> sample=samples/high.wav volume=inf", "volume must be a number, not 'inf'"),
        ("<region> sample=samples/high.wav lokey=1e400", "lokey must be a number, not '1e400'"),
        ("<region> sample=samples/high.wav offset=1e400", "offset must be a number, not '1e400'"),
        ("<region> sample=samples/high.wav offset=-1e30", "offset must be a number, not '-1e30'"),
        ("<region> sample=samples/high.wav tune=nan", "tune must be a number, not 'nan'"),
        ("<region> sample=samples/high.wav offset=-5", "offset must be 0 or more, not -5"),
        ('#include "pipe"', "pipe must be a regular file"),
        ('#include "samples"', "samples must be a regular file"),
        ('#include "a\0b"', r"#include must name a file, not 'a\\x00b'"),
        ('#include "self.sfz"', "must include at most 8 files in each other"),
        ("<region> sample=self.sfz", "its sample self.sfz cannot be decoded"),
    ],
)
def test_a_bad_sfz_is_said(tmp_path: Path, text: str, reason: str) -> None:
    path = write_sfz(tmp_path, "self")
    path.write_text(text)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UndecodableError, match=reason.replace("*", r"\*")):
        render(str(path), 60)


@pytest.mark.parametrize("volume, least, most", [("99999", 1.0, 1e3), ("-99999", 0.0, 1e-6)])
def test_a_volume_is_kept_to_what_players_know(
    tmp_path: Path, volume: str, least: float, most: float
) -> None:
    path = write_sfz(tmp_path)
    path.write_text(f"<region> sample=samples/high.wav volume={volume}")
    assert least <= np.abs(render(str(path), 60).audio).max() <= most


def test_each_voice_of_a_hydrogen_kit_is_a_one_shot_of_its_role(
    tmp_path: Path, memory: Catalogue, embedder: Embedder
) -> None:
    folder = tmp_path / "Samples" / "kits" / "17"
    voices = {"Kick": ["a 1.flac", "a 2.flac"], "Snare Rimshot": ["b.flac"], "Hihat open": ["Loop 9.flac"]}
    write_hydrogen_kit(folder, voices)
    assert ingest(memory, [tmp_path / "Samples"], [embedder]) == Summary(added=4)
    found = by_name(memory)
    assert {name: sound.role for name, sound in found.items()} == {
        "a 1": "kick",
        "a 2": "kick",
        "b": "snare",
        "Loop 9": "open_hat",
    }
    assert {sound.pack for sound in found.values()} == {"Dusty Kit"}
    assert {sound.kind for sound in found.values()} == {"one_shot"}


def test_a_drumgizmo_kits_voices_have_their_roles(
    tmp_path: Path, memory: Catalogue, embedder: Embedder
) -> None:
    write_drumgizmo_kit(tmp_path / "Samples" / "oak")
    ingest(memory, [tmp_path / "Samples"], [embedder])
    (kick,) = memory.sounds()
    assert (kick.name, kick.role, kick.pack) == ("1", "kick", "Oak Kit")


def test_a_damaged_kit_and_one_without_its_samples_are_listed_and_their_sounds_are_taken(
    tmp_path: Path, memory: Catalogue, embedder: Embedder
) -> None:
    folder = tmp_path / "Samples"
    kit = write_hydrogen_kit(folder / "cut", {"Kick": ["kick.wav"]})
    kit.write_text(kit.read_text()[:-20])
    write_hydrogen_kit(folder / "poor", {"Kick": ["kick.flac"], "Snare": ["lost.wav"]})
    (folder / "poor" / "lost.wav").unlink()
    (folder / "other.xml").write_text("<playlist/>")
    assert ingest(memory, [folder], [embedder]) == Summary(added=2, unreadable=2)
    said = {Path(file.path).parent.name: file.reason for file in memory.unreadable()}
    assert said["cut"].startswith("drumkit.xml is damaged: ")
    assert said["poor"] == "samples of the kit are missing: lost.wav"


@pytest.mark.parametrize(
    "encoding, reason",
    [
        ("GB2312", "drumkit.xml cannot be read: multi-byte encodings are not supported"),
        ("nothing", "drumkit.xml cannot be read: unknown encoding: nothing"),
    ],
)
def test_a_kit_in_an_encoding_that_is_not_known_is_listed_and_its_sounds_are_taken(
    tmp_path: Path, memory: Catalogue, embedder: Embedder, encoding: str, reason: str
) -> None:
    kit = write_hydrogen_kit(tmp_path / "Samples", {"Kick": ["kick.wav"]})
    kit.write_text(kit.read_text().replace('version="1.0"', f'version="1.0" encoding="{encoding}"'))
    assert ingest(memory, [tmp_path / "Samples"], [embedder]) == Summary(added=1, unreadable=1)
    assert reasons(memory) == {"drumkit.xml": reason}


@pytest.mark.parametrize(
    "folder, name, why",
    [("", "x" * 300, "File name too long"), ("loop/", "snare.wav", "Too many levels of symbolic links")],
)
def test_a_kit_whose_sample_cannot_be_looked_at_is_listed_and_its_others_are_taken(
    tmp_path: Path, memory: Catalogue, embedder: Embedder, folder: str, name: str, why: str
) -> None:
    kit = write_hydrogen_kit(tmp_path / "Samples", {"Kick": ["kick.wav"], "Snare": ["snare.wav"]})
    (kit.parent / "loop").symlink_to(kit.parent / "loop")
    kit.write_text(kit.read_text().replace("snare.wav", folder + name))
    assert ingest(memory, [kit.parent], [embedder]) == Summary(added=2, unreadable=1)
    assert reasons(memory) == {"drumkit.xml": f"sample {name} of the kit cannot be read: {why}"}


@pytest.mark.skipif(shutil.which("cc") is None, reason="needs a C compiler")
def test_a_vst3_that_aborts_is_one_unreadable_row_and_the_run_goes_on(
    tmp_path: Path, memory: Catalogue, embedder: Embedder, make_wav: MakeWav
) -> None:
    make_wav(tmp_path / "Samples" / "good.wav")
    binary = tmp_path / "Samples" / "Bad.vst3" / "Contents" / "x86_64-linux" / "Bad.so"
    binary.parent.mkdir(parents=True)
    code = tmp_path / "bad.c"
    code.write_text("#include <stdlib.h>\n__attribute__((constructor)) static void die(void) { abort(); }\n")
    subprocess.run(["cc", "-shared", "-fPIC", "-o", str(binary), str(code)], check=True)
    assert ingest(memory, [tmp_path / "Samples"], [embedder]) == Summary(added=1, unreadable=1)
    assert reasons(memory) == {"Bad.vst3": "the decoder crashed (SIGABRT)"}


def test_what_is_no_vst3_instrument_is_one_unreadable_row(
    tmp_path: Path, memory: Catalogue, embedder: Embedder, make_wav: MakeWav
) -> None:
    folder = tmp_path / "Samples"
    make_wav(folder / "good.wav")
    binary = folder / "Broken.vst3" / "Contents" / "x86_64-linux" / "Broken.so"
    binary.parent.mkdir(parents=True)
    binary.write_bytes(b"not a program")
    make_wav(folder / "Broken.vst3" / "Contents" / "Resources" / "inside.wav", seed=5)
    (folder / "Empty.vst3").mkdir()
    (folder / "Nobody").mkdir()
    (folder / "Nobody" / "Lead.vstpreset").write_bytes(b"VST3\1\0\0\0" + b"0" * 32 + bytes(8))
    (folder / "text.vstpreset").write_text("not a preset")
    assert ingest(memory, [folder], [embedder]) == Summary(added=1, unreadable=4)
    said = reasons(memory)
    assert said["Broken.vst3"].startswith("not a plugin that can be loaded")
    assert said["Empty.vst3"] == "file cannot be read: No program for this system in it"
    assert said["Lead.vstpreset"].startswith("its instrument is not installed: no Nobody.vst3 in ")
    assert said["text.vstpreset"] == "not a VST3 preset"
    assert memory.count(Where(kinds=["instrument"])) == 0
