"""The mode *fit*: what belongs with the music, by two encoders of their own."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest
import soundfile
from daemon_thread import Daemon
from fake_sounds import FakeSounds
from library_of_tones import PITCHES_HZ, sound, tone
from tiny_model import SAMPLE_RATE, write_tiny_model

from timbred import models
from timbred.config import Config, Suggesting, load_config
from timbred.context import Context, Window
from timbred.encoder import Encoder
from timbred.errors import ModelError, TimbredError
from timbred.file_source import FileSource
from timbred.fit_scale import FitScale
from timbred.library import Library
from timbred.listen import listen
from timbred.pool import Heard, Pool
from timbred.rank import Row, rank
from timbred.search import search
from timbred.session import Session
from timbred.settings import ContextLength, Settings
from timbred.slots import SLOT
from timbred.suggest import Suggester
from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.sound import Hit

SUGGESTING = Suggesting(per_slot=3, least_similarity=0.1, hold_similarity=0.02, pack_share=0.6)
FIT = Settings("fit", ContextLength("seconds", 2.0), ("bass",))


def at(degrees: float) -> np.ndarray:
    """A unit vector, shape `(2,)`."""
    return np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))], np.float32)


def listed(angles: Sequence[float], mode: str = "fit", count: int = 3) -> tuple[Row, ...]:
    """The list of basses at these angles for music that asks for one at 0 degrees."""
    sounds = FakeSounds({sound(n, name=f"{a:g}", pack=f"{a:g}"): at(a) for n, a in enumerate(angles)})
    settings = Settings(mode, counts=MappingProxyType({"bass": count}))
    found = search(sounds, Heard(at(90), {"bass": at(0)}), [SLOT["bass"]], settings)
    return rank(found, settings, (), SUGGESTING)


def test_a_score_is_the_share_of_the_library_that_fits_less() -> None:
    rows = listed([50, 10, 20, 90, 120, 170, 60, 80, 100, 110])
    assert [row.sound.name if row.sound else "" for row in rows] == ["10", "20", "50"]
    assert [row.score for row in rows] == pytest.approx([1.0, 8 / 9, 7 / 9])
    assert rows[0].why == "fits best of 10 bass sounds"
    assert rows[1].why == "2nd best fit of 10 bass sounds"


def test_far_sounds_may_fit_as_long_as_they_stand_out() -> None:
    far = [95, 110, 120, 130, 140, 150]
    assert [row.rank for row in listed(far)] == [1, 2, 3]
    assert listed(far, "match")[0].sound is None


def test_where_nothing_stands_out_nothing_fits() -> None:
    (row,) = listed([10, 11, 12, 13, 14, 15])
    assert row.sound is None
    assert row.why == "nothing here fits: none of 6 bass sounds stands out"


def test_among_four_sounds_nothing_can_stand_out_and_all_are_shown() -> None:
    found = listed([10, 40, 41, 100], count=8)
    assert [row.score for row in found] == pytest.approx([1.0, 2 / 3, 1 / 3, 0.0])
    assert len(listed([10, 11, 12, 13], count=8)) == 4
    assert [row.sound for row in listed([10, 11, 12, 13, 14], count=8)] == [None]


@pytest.mark.parametrize(("over_the_middle", "fits"), [(0.10, False), (0.13, True)])
def test_the_best_of_a_thousand_fits_where_it_stands_clearly_above_them(
    over_the_middle: float, fits: bool
) -> None:
    assert FitScale(0.5 + over_the_middle, 0.5, 1000).anything_fits == fits


def test_what_fits_less_than_the_middle_is_not_suggested_unless_its_words_are_asked_for() -> None:
    angles = [0, 30, 60, 90, 120]
    assert [row.score for row in listed(angles)] == [1.0, 0.75, 0.5]
    sounds = FakeSounds({sound(n, name=f"tone {a}", pack=str(n)): at(a) for n, a in enumerate(angles)})
    heard, asked = Heard(at(0), {}), replace(FIT, words=("120",))
    (row,) = rank(search(sounds, heard, [SLOT["bass"]], asked), asked, (), SUGGESTING)
    assert row.sound is not None and row.sound.name == "tone 120"
    asked = replace(FIT, words=("violin",))
    (row,) = rank(search(sounds, Heard(at(230), {}), [SLOT["bass"]], asked), asked, (), SUGGESTING)
    assert row.why == "none of 5 bass sounds that are near has the words violin"
    assert FitScale(0.9, 0.1, 1).score(1) == 1.0 and FitScale(0.9, 0.1, 9).score(9) == 0.0


def test_the_middle_is_that_of_the_library_and_not_of_the_nearest() -> None:
    near, far = [n / 100 for n in range(90)], [90 + n / 100 for n in range(110)]
    assert [row.rank for row in listed([*near, *far])] == [1, 2, 3]


def test_a_score_counts_the_sounds_beyond_those_that_were_searched() -> None:
    rows = listed([20 + n / 8 for n in range(1200)])
    assert [row.score for row in rows] == pytest.approx([1.0, 1198 / 1199, 1197 / 1199], abs=1e-6)


def scale_of(cosines: Sequence[float], total: int) -> FitScale:
    """The scale of hits with these cosines, best first."""
    return FitScale.of(tuple(Hit(sound(n), c) for n, c in enumerate(cosines)), total)


def test_the_lead_is_that_of_the_best_over_the_middle_in_what_chance_brings() -> None:
    assert scale_of((0.9, 0.5, 0.4), 3).lead == pytest.approx(0.4 / np.sqrt(2 * np.log(3)))
    assert scale_of((0.9, 0.5, 0.4), 1000).middle == pytest.approx(0.4)
    rng = np.random.default_rng(0)
    leads = [
        np.mean([scale_of(np.sort(rng.normal(0.0, 0.1, n))[::-1].tolist(), n).lead for _ in range(200)])
        for n in (20, 200, 1000)
    ]
    assert max(leads) < 1.35 * min(leads)
    assert FitScale.of((), 0).score(None) == 0.0


@pytest.fixture
def fit_library(daemon_folders: Daemon, tmp_path: Path) -> Config:
    """The fit model, and a catalogue whose sounds have its vectors."""
    installed = tmp_path / "data" / "models"
    write_tiny_model(
        installed / "fit.context.onnx", space="fit.context", model_id="fit-1", roles=("bass", "lead")
    )
    path = write_tiny_model(installed / "fit.sample.onnx", space="fit.sample", model_id="fit-1")
    encoders = [daemon_folders.encoder, Encoder.load(path)]
    catalogue = Catalogue.open(tmp_path / "both", mode="create")
    for encoder in encoders:
        catalogue.declare_space(encoder.space, encoder.model_id, encoder.dim)
    tones = [tone(pitch, 1.0, SAMPLE_RATE) for pitch in PITCHES_HZ]
    sounds = [sound(n, name=f"{pitch} Hz", pack=f"Pack {n}") for n, pitch in enumerate(PITCHES_HZ)]
    catalogue.add(sounds, {encoder.space: encoder.embed_batch(tones) for encoder in encoders})
    (tmp_path / "timbred.toml").write_text(f'[daemon]\ncatalog = "{tmp_path / "both"}"\n')
    return load_config(tmp_path / "timbred.toml")


@pytest.fixture
def song(tmp_path: Path) -> Path:
    """Four seconds of a tone."""
    soundfile.write(tmp_path / "song.flac", tone(3300, 4.0, 44_100), 44_100)
    return tmp_path / "song.flac"


def test_listening_in_fit_mode_asks_the_fit_model(fit_library: Config, song: Path) -> None:
    *_, last = listen(song, fit_library, FIT, every_seconds=60)
    best = last.rows[0]
    assert best.sound is not None
    assert best.sound.name == "3300 Hz"
    assert best.why == "fits best of 8 bass sounds"


@pytest.fixture
def suggester(fit_library: Config) -> Suggester:
    """What makes lists of the library, with both models."""
    encoder = models.default_encoder()
    library = Library(models.catalog_address(fit_library), encoder.space, encoder.model_id)
    made = Suggester(encoder, library, fit_library, models.fit_encoder(encoder))
    library.refresh()
    return made


@pytest.fixture
def stopped(suggester: Suggester, fit_library: Config, song: Path) -> Iterator[Session]:
    """A session that heard the song by match, and hears nothing any more."""
    encoder, fit = suggester.encoder, suggester.fit_encoder
    assert encoder is not None and fit is not None
    source = FileSource(song, None)
    context = Context(source.sample_rate, encoder.sample_rate, 1.0, fit_library.listening)
    pools = Pool(encoder.roles), Pool(fit.roles)
    session = Session("", "host", 0, song, source, context, *pools, replace(FIT, mode="match"))
    while not source.done:
        if (window := session.hear()) is not None:
            suggester.take(session, window)
            suggester.suggest(session)
    yield session
    source.close()


def test_fit_that_is_pressed_after_the_music_follows_what_was_heard(
    suggester: Suggester, stopped: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    embed, asked = Encoder.embed_with_roles, list[str]()

    def counted(self: Encoder, audio: np.ndarray) -> tuple[np.ndarray, np.ndarray | None]:
        asked.append(self.space)
        return embed(self, audio)

    monkeypatch.setattr(Encoder, "embed_with_roles", counted)
    heard_by_match = stopped.listed
    for mode in ("fit", "fit", "match", "fit"):
        stopped.settings = replace(stopped.settings, mode=mode)
        suggester.suggest(stopped)
    assert (heard_by_match.mode, stopped.listed.mode) == ("match", "fit")
    best = stopped.listed.rows[0]
    assert best.sound is not None and best.sound.name == "3300 Hz"
    assert asked == ["fit.context"]


def test_a_frozen_list_stays_whatever_mode_is_pressed(suggester: Suggester, stopped: Session) -> None:
    held = stopped.listed
    stopped.settings = replace(stopped.settings, mode="fit", frozen=True)
    assert not suggester.suggest(stopped)
    assert stopped.listed is held


def test_the_same_rows_in_another_mode_are_another_list(suggester: Suggester, stopped: Session) -> None:
    stopped.settings = replace(stopped.settings, slots=("kick",))
    suggester.suggest(stopped)
    by_match = stopped.listed
    stopped.settings = replace(stopped.settings, mode="fit")
    assert suggester.suggest(stopped)
    assert stopped.listed.rows == by_match.rows
    assert (stopped.listed.mode, stopped.listed.revision) == ("fit", by_match.revision + 1)


def other_music(session: Session) -> Window:
    """What comes after the song: another tone, from a context of its own."""
    assert session.window is not None
    end = session.window.end_frame
    return Window(tone(700, 1.0, SAMPLE_RATE), end, end + 44_100, end)


@pytest.mark.parametrize("mode", ["match", "fit"])
def test_a_list_follows_each_new_window(suggester: Suggester, stopped: Session, mode: str) -> None:
    stopped.settings = replace(stopped.settings, mode=mode)
    suggester.suggest(stopped)
    suggester.take(stopped, other_music(stopped))
    assert suggester.suggest(stopped)
    best = stopped.listed.rows[0]
    assert best.sound is not None and best.sound.name == "700 Hz"


def test_of_a_long_window_the_newest_part_is_heard(suggester: Suggester, stopped: Session) -> None:
    assert suggester.encoder is not None
    end, frames = 100 * SAMPLE_RATE, suggester.encoder.window_frames
    audio = np.concatenate([tone(pitch, 10.0, SAMPLE_RATE)[:frames] for pitch in (220, 700)])
    suggester.take(stopped, Window(audio, end - 2 * frames, end, end - frames))
    assert suggester.suggest(stopped)
    best = stopped.listed.rows[0]
    assert best.sound is not None and best.sound.name == "700 Hz"


def test_a_long_window_counts_by_the_part_that_is_heard(suggester: Suggester, stopped: Session) -> None:
    encoder = suggester.encoder
    assert encoder is not None
    stopped.pool, frames = Pool(encoder.roles), encoder.window_frames
    low, high = (tone(pitch, 10.0, SAMPLE_RATE)[:frames] for pitch in (220, 700))
    for audio, end in ((low, frames), (np.concatenate([low, low, high]), 4 * frames)):
        suggester.take(stopped, Window(audio, end - len(audio), end, 0))
        suggester.suggest(stopped)
    both, heard = encoder.embed(low) + encoder.embed(high), stopped.pool.heard(0)
    assert heard is not None
    np.testing.assert_allclose(heard.whole, both / np.linalg.norm(both), atol=1e-5)


def test_a_window_that_the_model_has_no_answer_to_is_counted_and_the_list_stays(
    suggester: Suggester, stopped: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = stopped.listed
    no_answer = np.full(16, np.nan, np.float32)
    monkeypatch.setattr(Encoder, "embed_with_roles", lambda encoder, audio: (no_answer, None))
    suggester.take(stopped, other_music(stopped))
    assert not suggester.suggest(stopped)
    assert (stopped.listed, stopped.dropped) == (before, 1)


def test_a_list_whose_files_became_known_is_another_list(
    suggester: Suggester, stopped: Session, fit_library: Config
) -> None:
    before = stopped.listed
    knows = Suggester(
        suggester.encoder, suggester.library, fit_library, file_of=lambda sound: f"/notes/{sound.id}.wav"
    )
    assert knows.suggest(stopped)
    assert (stopped.listed.rows, stopped.listed.revision) == (before.rows, before.revision + 1)
    assert set(stopped.listed.files).isdisjoint(before.files)


def test_a_list_is_held_by_what_is_shown(suggester: Suggester, stopped: Session, fit_library: Config) -> None:
    steady = replace(fit_library, suggesting=replace(fit_library.suggesting, hold_similarity=2.0))
    held = Suggester(suggester.encoder, suggester.library, steady)
    before = stopped.listed
    held.take(stopped, other_music(stopped))
    assert not held.suggest(stopped)
    assert stopped.listed is before


def test_each_mode_searches_the_vectors_of_its_own_model(
    suggester: Suggester, stopped: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    search_space, asked = Catalogue.search, list[str]()

    def noted(catalogue: Catalogue, space: str, *args: Any, **kwargs: Any) -> list[Hit]:
        asked.append(space)
        return search_space(catalogue, space, *args, **kwargs)

    monkeypatch.setattr(Catalogue, "search", noted)
    for mode in ("match", "fit"):
        stopped.settings = replace(stopped.settings, mode=mode)
        suggester.suggest(stopped)
    assert suggester.encoder is not None
    assert asked == [suggester.encoder.space, "fit.sample"]


def test_a_list_stays_while_its_vectors_or_the_catalogue_are_missing(
    suggester: Suggester, stopped: Session, fit_library: Config, daemon_folders: Daemon, tmp_path: Path
) -> None:
    before, encoder = stopped.listed, daemon_folders.encoder
    unfit = Library(str(daemon_folders.catalog), encoder.space, encoder.model_id)
    gone = Library(str(tmp_path / "gone"), encoder.space, encoder.model_id)
    for library, mode in ((unfit, "fit"), (gone, "match"), (gone, "fit")):
        library.refresh()
        stopped.settings = replace(stopped.settings, mode=mode)
        assert not Suggester(encoder, library, fit_library, suggester.fit_encoder).suggest(stopped)
    assert stopped.listed is before


def test_while_fit_has_no_model_match_goes_on_to_hear(
    suggester: Suggester, stopped: Session, fit_library: Config
) -> None:
    without_fit = Suggester(suggester.encoder, suggester.library, fit_library)
    stopped.settings = replace(stopped.settings, mode="fit")
    for _ in range(3):
        without_fit.take(stopped, other_music(stopped))
        assert not without_fit.suggest(stopped)
    before = stopped.pool.heard(0)
    stopped.settings = replace(stopped.settings, mode="match")
    without_fit.suggest(stopped)
    after = stopped.pool.heard(0)
    assert before is not None and after is not None
    assert np.array_equal(before.whole, after.whole), "each window was heard when it came"


def test_a_catalogue_without_fit_vectors_names_the_rebuild(
    fit_library: Config, daemon_folders: Daemon, tmp_path: Path, song: Path
) -> None:
    (tmp_path / "timbred.toml").write_text(f'[daemon]\ncatalog = "{daemon_folders.catalog}"\n')
    with pytest.raises(TimbredError, match=r"timbred catalog rebuild --space fit\.sample"):
        next(listen(song, load_config(tmp_path / "timbred.toml"), FIT))


@pytest.fixture
def about_another_rate() -> dict[str, str]:
    """Metadata of a context encoder that takes another rate than the tiny models."""
    about = {
        "space": "fit.context",
        "model_id": "fit-1",
        "sample_rate": "8000",
        "window_seconds": "1",
        "embedding_dim": "16",
    }
    return {f"timbred.{key}": value for key, value in about.items()}


def test_the_fit_model_must_hear_what_the_timbre_model_hears(
    daemon_folders: Daemon, tmp_path: Path, about_another_rate: dict[str, str]
) -> None:
    write_tiny_model(tmp_path / "data" / "models" / "fit.context.onnx", metadata=about_another_rate)
    with pytest.raises(ModelError, match="must take 16000 Hz as tiny-1 does, not 8000 Hz"):
        models.fit_encoder(daemon_folders.encoder)


def test_the_shipped_fit_model_stands_back_for_a_timbre_model_of_another_rate(
    daemon_folders: Daemon,
    about_another_rate: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("timbred.models.SHIPPED_FOLDER", tmp_path / "shipped")
    write_tiny_model(tmp_path / "shipped" / "fit.context.onnx", metadata=about_another_rate)
    assert models.fit_encoder(daemon_folders.encoder) is None
