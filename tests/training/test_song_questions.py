"""Songs as questions for role queries: what a part of a song is asked, and against what."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from timbred_training.batches import draw_batch
from timbred_training.encoder import ROLES
from timbred_training.errors import TrainingError
from timbred_training.export_timbre import load_run
from timbred_training.fit.roles import FIT_ROLES
from timbred_training.fit.song_set import SongEntry, SongSet
from timbred_training.fit.song_store import ONE_SHOT, STEM, Sound, write_sounds
from timbred_training.frontend import BANDS
from timbred_training.held_objective import HeldObjective
from timbred_training.role_questions import FIRST_STEP, ask
from timbred_training.role_refit import fit_role_queries, refit_roles
from timbred_training.settings import Settings
from timbred_training.song_questions import CONTEXTS_A_SONG, song_questions
from timbred_training.training_notes import TrainingNotes

COLUMNS = 96
KICK, SNARE, BASS = map(FIT_ROLES.index, ("kick", "snare", "bass"))


def tone(band: int, columns: int) -> np.ndarray:
    level = np.full((columns, BANDS), -110.0, dtype=np.float16)
    level[:, band] = -10.0
    return level


@pytest.fixture
def songs() -> SongSet:
    """Three songs of two authors; each plays a kick, a bass and an unnamed part, a band each.

    The first two songs share the recording of their kick.
    """
    bands = [(8, 24, 40), (8, 28, 44), (12, 32, 48)]
    entries = tuple(
        SongEntry(f"song {k}", "ada" if k < 2 else "bob", "toy", True, tuple(tone(b, 400) for b in three))
        for k, three in enumerate(bands)
    )
    shots = tuple(tone(band, 60) for three in bands for band in three[:2])
    numbers = np.repeat(np.arange(3), 2), np.tile([0, 1], 3), np.tile([KICK, BASS], 3)
    return SongSet(entries, shots, *numbers, np.array([0, 1, 0, 3, 4, 5]))


def test_a_part_is_asked_for_the_drums_that_play_in_it(songs: SongSet) -> None:
    asked = song_questions(songs, COLUMNS, np.random.default_rng(0))
    loud = asked.contexts.mean(dim=2)
    for context, shot in zip(asked.context.tolist(), asked.shot.tolist(), strict=True):
        band = int(asked.shots[shot].mean(dim=1).argmax())
        assert loud[context, band] > loud[context].median()
    assert asked.context.tolist() == list(range(len(asked.contexts)))  # each has one drum that plays
    assert 3 * CONTEXTS_A_SONG * 0.5 < len(asked.contexts) < 3 * CONTEXTS_A_SONG


def test_only_drums_are_asked_and_songs_that_share_a_recording_are_kin(songs: SongSet) -> None:
    asked = song_questions(songs, COLUMNS, np.random.default_rng(0))
    assert asked.role.tolist() == [KICK] * 3
    assert [int(shot.mean(dim=1).argmax()) for shot in asked.shots] == [8, 8, 12]
    assert asked.kin[0] == asked.kin[1] != asked.kin[2]


def test_nothing_of_an_author_held_out_is_used(songs: SongSet) -> None:
    asked = song_questions(songs, COLUMNS, np.random.default_rng(0), hold_out=["ada"])
    assert 0 < len(asked.contexts) < CONTEXTS_A_SONG
    assert [int(shot.mean(dim=1).argmax()) for shot in asked.shots] == [12]
    with pytest.raises(TrainingError, match=r"must be of the songs' \['ada', 'bob'\], not \['eve'\]"):
        song_questions(songs, COLUMNS, np.random.default_rng(0), hold_out=["eve"])
    with pytest.raises(TrainingError, match=r"some drums must be left to learn from beside \['ada', 'bob'\]"):
        song_questions(songs, COLUMNS, np.random.default_rng(0), hold_out=["bob", "ada"])


def test_a_recording_of_an_author_held_out_is_not_used_in_another_s_song(songs: SongSet) -> None:
    both = replace(songs, role=np.array([KICK, BASS, KICK, BASS, KICK, KICK]))
    shared = replace(both, copy=np.array([0, 1, 0, 3, 0, 5]))
    asked = song_questions(shared, COLUMNS, np.random.default_rng(0), hold_out=["ada"])
    assert [int(shot.mean(dim=1).argmax()) for shot in asked.shots] == [32]
    loud = asked.contexts.mean(dim=2)
    assert len(loud) and bool((loud[:, 32] - loud[:, 12] > 0.5).all())  # nor does it play in a part


def test_prepared_songs_are_asked_by_the_command_and_authors_need_songs(
    held_settings: Settings, songs: SongSet, tmp_path: Path
) -> None:
    rows = [
        Sound(song.name, song.author, "toy", True, STEM, number, "part", "", level)
        for song in songs.songs
        for number, level in enumerate(song.stems)
    ]
    rows += [
        Sound(
            songs.songs[song].name, songs.songs[song].author, "toy", True, ONE_SHOT, stem, "part", role, shot
        )
        for song, stem, role, shot in zip(
            songs.song.tolist(), songs.stem.tolist(), ["kick", "bass"] * 3, songs.shots, strict=True
        )
    ]
    write_sounds(tmp_path / "songs.lance", rows)
    few: dict[str, Any] = {"batches": 1, "steps": 3}
    run = Path(held_settings.single_run)
    asked: dict[str, Any] = {"songs": [tmp_path / "songs.lance"], "hold_out": ["ada"]}
    refit_roles(held_settings, run, tmp_path / "with", **few, **asked)
    refit_roles(held_settings, run, tmp_path / "without", **few)
    one, other = (load_run(tmp_path / name).encoder.state_dict() for name in ("with", "without"))
    assert not torch.equal(one["role_project.weight"], other["role_project.weight"])
    with pytest.raises(
        TrainingError, match=r"songs must be given to hold out authors of, and none are: \['ada'\]"
    ):
        refit_roles(held_settings, run, tmp_path / "third", **few, hold_out=["ada"])


def test_role_queries_learn_to_find_what_plays_in_a_song(
    held_settings: Settings, songs: SongSet, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("timbred_training.role_questions.AT_ONCE", 20)  # the parts take several passes
    torch.manual_seed(0)
    notes = TrainingNotes.of(held_settings)
    objective = HeldObjective(held_settings, notes).eval()
    two_drums = replace(songs, role=np.array([KICK, SNARE] * 3))
    asked = song_questions(two_drums, held_settings.mixture_columns, np.random.default_rng(0))
    assert len(asked.shot) > len(asked.contexts) > 40
    questions = ask(objective, notes, 2, asked)
    of_songs = torch.arange(len(questions.answer)) >= 2 * held_settings.questions
    assert int(of_songs.sum()) == len(asked.shot)
    assert torch.equal(questions.plays[questions.answer][of_songs] - len(ROLES), asked.role[asked.shot])
    assert bool((questions.role[of_songs] == ROLES.index("percussion")).all())
    assert int(questions.source.max()) > len(notes.names)  # songs are nobody's kin
    assert len(questions.features) == 2 * held_settings.mixtures + len(asked.contexts)
    with torch.no_grad():
        heard, _ = objective.encoder.trunk(asked.contexts)
    assert torch.allclose(
        questions.features[2 * held_settings.mixtures :].float(), heard, atol=0.01, rtol=0.01
    )
    mixtures = questions.mixture[of_songs] - 2 * held_settings.mixtures
    assert torch.equal(mixtures, asked.context)

    def loss() -> float:
        with torch.no_grad():
            rows = questions.mixture[of_songs]
            heard, focus = objective.encoder.role_features(
                questions.features.float(), rows, questions.role[of_songs]
            )
            gathered = objective.encoder.gather(heard, questions.column_weight[rows], focus)
            answers = questions.keys[questions.answer[of_songs] - len(notes.names)]
            return -float((objective.encoder.embed_role(gathered) * answers).sum(dim=1).mean())

    before = loss()
    fit_role_queries(objective, questions, 60)
    assert loss() < before - 0.02


def test_a_kit_s_drums_are_asked_for_and_are_no_rivals_of_each_other(
    held_settings: Settings, toy_notes_prepared: Path
) -> None:
    settings = replace(held_settings, kits=(str(toy_notes_prepared),), kit_share=1.0)
    notes = TrainingNotes.of(settings)
    objective = HeldObjective(settings, notes).eval()
    questions = ask(objective, notes, 2)
    known, drums = len(notes.names), len(objective.kit)
    drum = (questions.answer >= known) & (questions.answer < known + drums)
    assert drum.any() and bool((questions.role[drum] == ROLES.index("percussion")).all())
    answer = questions.answer[drum] - known
    assert torch.equal(questions.source[questions.answer[drum]] - known, objective.kit[answer])
    batches = [draw_batch(notes, settings, FIRST_STEP + number) for number in range(2)]
    sounding = {
        (number * settings.mixtures + int(mixture), drum)
        for number, batch in enumerate(batches)
        for mixture, row in zip(batch.kit_mixture, batch.drums, strict=True)
        for drum in row.nonzero().flatten().tolist()
    }
    assert set(zip(questions.mixture[drum].tolist(), answer.tolist(), strict=True)) <= sounding
    rivals = torch.cat([objective.bank[objective.reference], questions.keys])[questions.plays >= 0]
    assert rivals.norm(dim=1).min() > 0.9
