"""A VST3's programs are instruments of their own: which of them, at what place, through what changes."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile as sf
from tiny_synth import build_tiny_synth

from timbred_catalogs import plugin_programs, prepare, reading
from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.decode import NotNowError, UndecodableError
from timbred_catalogs.embedder import Embedder
from timbred_catalogs.filters import Where
from timbred_catalogs.ingest import ingest
from timbred_catalogs.instruments import vst3
from timbred_catalogs.instruments.reference_note import RATE, Rendered
from timbred_catalogs.instruments.vst3_programs import (
    MOST_PROGRAMS,
    Program,
    choose,
    program_parameter,
    programs_of,
)
from timbred_catalogs.ledger import Ledger
from timbred_catalogs.marks import change_tags
from timbred_catalogs.note_cache import NoteCache
from timbred_catalogs.places import split_place
from timbred_catalogs.playable import playable
from timbred_catalogs.readers import ReadFailedError
from timbred_catalogs.rebuild import Rebuilt, rebuild
from timbred_catalogs.scan import Found, scan
from timbred_catalogs.selection import select_ids
from timbred_catalogs.sound import KnownFile, Unreadable
from timbred_catalogs.summary import Summary

CRASH = "the decoder crashed (SIGABRT)"


@dataclass
class ListParameter:
    """Stands for pedalboard's: equal values side by side are one range of it."""

    ranges: dict[tuple[float, float], object]
    raw_value: float = 0.0


def parameter_of(*names: object) -> ListParameter:
    step = 1 / max(len(names), 1)
    return ListParameter({(number * step, (number + 1) * step): name for number, name in enumerate(names)})


def names_of(*names: object) -> list[str]:
    return [program.name for program in programs_of(parameter_of(*names))]


def test_programs_are_listed_in_order_each_name_once_and_none_without_a_name() -> None:
    assert names_of("Lead", "Init", " ", "Bass\n 2", "Init", "") == ["Lead", "Init", "Bass 2"]


def test_a_programs_place_is_its_name_without_a_slash() -> None:
    listed = programs_of(parameter_of("Deep/Bass", "B"))
    assert listed == [Program("Deep-Bass", "Deep/Bass"), Program("B", "B")]


def test_at_most_a_midi_bank_of_programs_is_listed() -> None:
    names = [f"Sound {number}" for number in range(300)]
    assert names_of(*names) == names[:MOST_PROGRAMS]


@pytest.mark.parametrize("title", ["program", "current_program", "preset"])
def test_the_parameter_is_known_by_what_frameworks_call_it(title: str) -> None:
    parameter = parameter_of("A", "B")
    assert program_parameter({"gain": parameter_of("low", "high"), title: parameter}) is parameter


@pytest.mark.parametrize("values", [(), ("Default",), ("Init", "Init", ""), (1.0, 2.0, 3.0), (False, True)])
def test_a_parameter_without_two_names_has_no_programs(values: tuple[object, ...]) -> None:
    assert program_parameter({"program": parameter_of(*values)}) is None
    assert program_parameter({"cutoff": parameter_of("A", "B")}) is None


def test_a_program_is_chosen_inside_its_range_and_an_unknown_one_is_not() -> None:
    parameter = parameter_of("A", "B/C", "D", "B/C")
    assert choose(parameter, "B-C")
    assert parameter.raw_value == 0.375
    assert not choose(parameter, "E")
    assert parameter.raw_value == 0.375


def test_a_place_in_a_plugin_is_told_from_a_file_in_a_folder_of_such_a_name() -> None:
    assert split_place("/a/Tiny.vst3#Warm Pad #2") == ("/a/Tiny.vst3", "Warm Pad #2")
    assert split_place("/a/Tiny.vst3#old/kick.wav") == ("/a/Tiny.vst3#old/kick.wav", None)
    assert split_place("/a/GM.sf2#0:38") == ("/a/GM.sf2", "0:38")
    assert split_place("/a/GM.sf2#Piano") == ("/a/GM.sf2#Piano", None)


@dataclass
class Plugin:
    """Stands for a VST3 and the process that runs it: what it opens with (None) and its programs.

    A sound is its frequency in hertz, or the reason why there is none.
    """

    bundle: Path
    sounds: dict[str | None, float | str]
    played: list[str | None] = field(default_factory=list)
    list_error: Exception | None = None

    def ask(self, job: str, *arguments: Any, limit: float) -> Any:
        return getattr(reading, job)(*arguments)

    def render(self, path: str, note: int, program: str | None = None) -> Rendered:
        self.played.append(program)
        sound = self.sounds[program]
        if isinstance(sound, str):
            raise UndecodableError(sound)
        wave = np.sin(2 * np.pi * sound * np.arange(RATE // 4) / RATE)
        return Rendered(0.5 * np.stack([wave, wave]).astype(np.float32), note)

    def list_programs(self, path: str) -> list[Program]:
        if self.list_error is not None:
            raise self.list_error
        return [Program(name, name) for name in self.sounds if name is not None]

    def install(self, version: str) -> None:
        binary = self.bundle / "Contents" / "x86_64-linux" / "Synth.so"
        binary.parent.mkdir(parents=True, exist_ok=True)
        binary.write_text(version)


@pytest.fixture
def plugin(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Plugin:
    made = Plugin(tmp_path / "Plugins" / "Synth.vst3", {None: 220.0, "Soft Pad": 330.0, "Mono Bass": 110.0})
    made.install("1")
    for module in (prepare, plugin_programs):
        monkeypatch.setattr(module, "READERS", made)
    monkeypatch.setattr(vst3, "render", made.render)
    monkeypatch.setattr(vst3, "list_programs", made.list_programs)
    return made


def test_each_program_is_an_instrument_and_is_not_played_again(
    plugin: Plugin, memory: Catalogue, embedder: Embedder
) -> None:
    folder = plugin.bundle.parent
    assert ingest(memory, [folder], [embedder]) == Summary(added=3)
    found = {sound.name: sound for sound in memory.sounds()}
    opened, pad, bass = found["Synth"], found["Soft Pad"], found["Mono Bass"]
    assert {sound.kind for sound in found.values()} == {"instrument"}
    assert (opened.place, pad.place) == (str(plugin.bundle), f"{plugin.bundle}#Soft Pad")
    assert (pad.role, pad.pack, bass.role, bass.pitch_midi) == ("pad", "Synth", "bass", 36.0)
    assert select_ids(memory, [f"{plugin.bundle}#Mono Bass"]) == [bass.id]
    assert plugin.played == [None, "Soft Pad", "Mono Bass"]
    assert ingest(memory, [folder], [embedder]) == Summary(unchanged=3)
    assert plugin.played == [None, "Soft Pad", "Mono Bass"]


def test_programs_that_sound_as_one_before_are_that_one_and_silent_ones_are_told_once(
    plugin: Plugin, memory: Catalogue, embedder: Embedder
) -> None:
    silent = "silent: no sample above -80 dBFS"
    plugin.sounds = {None: 220.0, "A": 220.0, "B": 330.0, "C": 220.0, "D": silent, "E": silent, "F": 330.0}
    assert ingest(memory, [plugin.bundle], [embedder]) == Summary(added=3, unreadable=1)
    assert {sound.name for sound in memory.sounds()} == {"Synth", "A", "B"}
    assert [(file.path, file.reason) for file in memory.unreadable()] == [(f"{plugin.bundle}#D", silent)]
    assert ingest(memory, [plugin.bundle], [embedder]) == Summary(unchanged=3, unreadable=1)


def test_a_touched_plugin_has_the_same_programs_as_before(
    plugin: Plugin, memory: Catalogue, embedder: Embedder
) -> None:
    plugin.sounds = {None: 220.0, "A": 330.0, "B": 330.0}
    ingest(memory, [plugin.bundle], [embedder])
    plugin.install("1")
    assert ingest(memory, [plugin.bundle], [embedder]) == Summary(unchanged=2)
    assert {sound.name for sound in memory.sounds()} == {"Synth", "A"}


def test_after_three_failed_programs_the_others_are_not_tried(
    plugin: Plugin, memory: Catalogue, embedder: Embedder
) -> None:
    plugin.sounds = {None: 220.0, "A": CRASH, "B": 330.0, "C": CRASH, "D": CRASH, "E": 440.0, "F": 550.0}
    assert ingest(memory, [plugin.bundle], [embedder]) == Summary(added=2, unreadable=4)
    said = {split_place(file.path)[1]: file.reason for file in memory.unreadable()}
    assert said.pop("E") == "not tried, nor are those after it: 3 programs of its plugin failed"
    assert said == {"A": CRASH, "C": CRASH, "D": CRASH}
    assert plugin.played == [None, "A", "B", "C", "D"]


def test_a_plugin_that_fails_is_not_asked_for_programs_and_one_that_opens_silent_is(
    plugin: Plugin, memory: Catalogue, embedder: Embedder
) -> None:
    plugin.sounds = {None: CRASH, "A": 220.0}
    assert ingest(memory, [plugin.bundle], [embedder]) == Summary(unreadable=1)
    plugin.install("2")
    plugin.sounds = {None: "silent: no sample above -80 dBFS", "A": 220.0}
    assert ingest(memory, [plugin.bundle], [embedder]) == Summary(added=1, unreadable=1)


def test_a_new_version_keeps_the_tags_of_its_programs_by_name_and_loses_those_it_lacks(
    plugin: Plugin, memory: Catalogue, embedder: Embedder
) -> None:
    ingest(memory, [plugin.bundle], [embedder])
    change_tags(memory, select_ids(memory, [f"{plugin.bundle}#Mono Bass"]), add=["mine"])
    plugin.install("2, longer")
    plugin.sounds = {None: 220.0, "New": 440.0, "Mono Bass": 110.0}
    assert ingest(memory, [plugin.bundle], [embedder]) == Summary(added=3, missing=3)
    tags = {sound.name: sound.tags for sound in memory.sounds()}
    assert tags == {"Synth": (), "New": (), "Mono Bass": ("mine",)}
    assert ingest(memory, [plugin.bundle], [embedder]) == Summary(unchanged=3)


def test_a_plugin_that_moves_or_goes_away_takes_its_programs_with_it(
    plugin: Plugin, memory: Catalogue, embedder: Embedder
) -> None:
    folder = plugin.bundle.parent
    ingest(memory, [folder], [embedder])
    change_tags(memory, select_ids(memory, [f"{plugin.bundle}#Mono Bass"]), add=["mine"])
    plugin.bundle.rename(folder / "Other.vst3")
    assert ingest(memory, [folder], [embedder]) == Summary(moved=3)
    (bass,) = memory.sounds(Where(tags=["mine"]))
    assert (bass.name, bass.place, bass.pack) == ("Mono Bass", f"{folder}/Other.vst3#Mono Bass", "Other")
    (folder / "Other.vst3").rename(folder.parent / "away.vst3")
    assert ingest(memory, [folder], [embedder]) == Summary(missing=3)


def test_a_plugin_whose_programs_are_interrupted_is_left_to_the_next_run(
    plugin: Plugin, embedder: Embedder
) -> None:
    stops = iter([False, True])
    (found,) = scan([str(plugin.bundle)])
    assert isinstance(found, Found)
    done = prepare.prepare([found], set(), [embedder], with_programs=True, is_stopping=lambda: next(stops))
    assert (done, plugin.played) == (prepare.Prepared(), [None, "Soft Pad"])


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (MemoryError(), "too large for the memory at hand"),
        (NotNowError("the decoder was ended (SIGTERM)"), "the decoder was ended (SIGTERM)"),
        (ReadFailedError("KeyError: 'x'"), "KeyError: 'x'"),
    ],
)
@pytest.mark.parametrize("is_known", [False, True])
def test_a_plugin_whose_programs_cannot_be_listed_now_is_tried_again_and_keeps_those_that_are_known(
    plugin: Plugin, memory: Catalogue, embedder: Embedder, error: Exception, said: str, is_known: bool
) -> None:
    if is_known:
        ingest(memory, [plugin.bundle], [embedder])
        plugin.install("1")
    plugin.list_error = error
    kept = Summary(unreadable=1, missing=1) if is_known else Summary(unreadable=1)
    assert ingest(memory, [plugin.bundle], [embedder]) == kept
    (bad,) = memory.unreadable()
    assert (bad.path, bad.reason) == (str(plugin.bundle), f"its programs cannot be listed: {said}")
    plugin.list_error = None
    again = ingest(memory, [plugin.bundle], [embedder])
    assert again == (Summary(unchanged=2, returned=1) if is_known else Summary(added=3))
    assert memory.count() == 3 and not memory.unreadable()


def test_a_run_killed_before_it_writes_down_the_plugin_is_done_anew(
    plugin: Plugin, memory: Catalogue, embedder: Embedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin.sounds["Bell"] = CRASH
    write = Ledger._record

    def die(ledger: Ledger, files: Mapping[str, KnownFile], unreadable: Sequence[Unreadable]) -> None:
        if str(plugin.bundle) in files:
            raise SystemExit
        write(ledger, files, unreadable)

    with monkeypatch.context() as patch, pytest.raises(SystemExit):
        patch.setattr(Ledger, "_record", die)
        ingest(memory, [plugin.bundle], [embedder])
    plugin.played.clear()
    assert ingest(memory, [plugin.bundle], [embedder]) == Summary(unchanged=2, unreadable=1)
    assert plugin.played == ["Soft Pad", "Mono Bass", "Bell"]
    assert memory.count() == 3
    assert ingest(memory, [plugin.bundle], [embedder]) == Summary(unchanged=3, unreadable=1)


def test_a_rebuild_embeds_each_program_once(
    plugin: Plugin, memory: Catalogue, make_embedder: Callable[[str], Embedder]
) -> None:
    ingest(memory, [plugin.bundle], [make_embedder("old")])
    plugin.played.clear()
    assert rebuild(memory, make_embedder("new")) == Rebuilt(embedded=3)
    assert sorted(plugin.played, key=str) == ["Mono Bass", None, "Soft Pad"]


@pytest.mark.host
def test_a_real_plugin_has_its_programs_and_is_heard_as_it_opens_after_them(
    tmp_path: Path, memory: Catalogue, embedder: Embedder
) -> None:
    bundle = build_tiny_synth(tmp_path / "Plugins")
    assert ingest(memory, [bundle.parent], [embedder]) == Summary(added=5, unreadable=2)
    found = {sound.name: sound for sound in memory.sounds()}
    assert set(found) == {"Tiny Synth", "Warm Pad", "Deep/Bass", "Empty", "Glass Lead"}
    assert found["Deep/Bass"].place == f"{bundle}#Deep-Bass"
    said = {split_place(file.path)[1]: file.reason for file in memory.unreadable()}
    assert said["Broken"] == CRASH
    assert said["Silent"].startswith("silent")
    cache = NoteCache(tmp_path / "notes")
    names = ("Deep/Bass", "Tiny Synth", "Warm Pad")
    heard = {name: sf.read(playable(found[name], cache))[0] for name in names}
    assert np.array_equal(heard["Tiny Synth"], heard["Warm Pad"])
    assert not np.array_equal(heard["Tiny Synth"], heard["Deep/Bass"])
    assert ingest(memory, [bundle.parent], [embedder]) == Summary(unchanged=5, unreadable=2)
