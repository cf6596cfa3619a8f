"""Songs as questions for role queries: what a part of a song is asked, and against what."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from timbred_training.encoder import ROLES
from timbred_training.errors import TrainingError
from timbred_training.fit.roles import FIT_ROLES
from timbred_training.fit.song_set import SongEntry, SongSet
from timbred_training.frontend import BANDS
from timbred_training.held_objective import HeldObjective
from timbred_training.role_questions import ask
from timbred_training.role_refit import fit_role_queries
from timbred_training.settings import Settings
from timbred_training.song_questions import CONTEXTS_A_SONG, song_questions
from timbred_training.training_notes import TrainingNotes

COLUMNS = 96
KICK, BASS = FIT_ROLES.index("kick"), FIT_ROLES.index("bass")


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


def test_a_part_is_asked_for_the_sounds_that_play_in_it(songs: SongSet) -> None:
    asked = song_questions(songs, COLUMNS, np.random.default_rng(0))
    assert asked.contexts.shape == (3 * CONTEXTS_A_SONG, BANDS, COLUMNS)
    loud = asked.contexts.mean(dim=2)
    for context, shot in zip(asked.context.tolist(), asked.shot.tolist(), strict=True):
        band = int(asked.shots[shot].mean(dim=1).argmax())
        assert loud[context, band] > loud[context].median()
    for row in range(len(asked.contexts)):
        assert len(set(asked.shot[asked.context == row].tolist())) == int((asked.context == row).sum())
    assert 3 * CONTEXTS_A_SONG * 0.5 < len(asked.shot) < 2 * 3 * CONTEXTS_A_SONG


def test_a_drum_competes_with_its_like_and_songs_that_share_a_recording_do_not(songs: SongSet) -> None:
    asked = song_questions(songs, COLUMNS, np.random.default_rng(0))
    kick, bass = asked.plays[:2].tolist()
    assert asked.asked_as[:2].tolist() == [ROLES.index("percussion"), ROLES.index("bass")]
    assert kick == len(ROLES) + KICK and bass == ROLES.index("bass")
    assert len(set(asked.kin[:4].tolist())) == 1
    assert len(set(asked.kin[4:].tolist())) == 1 and asked.kin[0] != asked.kin[4]


def test_nothing_of_an_author_held_out_is_used(songs: SongSet) -> None:
    asked = song_questions(songs, COLUMNS, np.random.default_rng(0), hold_out=["ada"])
    assert len(asked.contexts) == CONTEXTS_A_SONG and len(asked.shots) == 2
    assert {int(shot.mean(dim=1).argmax()) for shot in asked.shots} == {12, 32}
    with pytest.raises(TrainingError, match=r"must be of the songs' \['ada', 'bob'\], not \['eve'\]"):
        song_questions(songs, COLUMNS, np.random.default_rng(0), hold_out=["eve"])
    with pytest.raises(TrainingError, match=r"some songs must be left to learn from beside \['ada', 'bob'\]"):
        song_questions(songs, COLUMNS, np.random.default_rng(0), hold_out=["bob", "ada"])


def test_role_queries_learn_to_find_what_plays_in_a_song(held_settings: Settings, songs: SongSet) -> None:
    torch.manual_seed(0)
    notes = TrainingNotes.of(held_settings)
    objective = HeldObjective(held_settings, notes).eval()
    asked = song_questions(songs, held_settings.mixture_columns, np.random.default_rng(0))
    questions = ask(objective, notes, 2, asked)
    of_songs = torch.arange(len(questions.answer)) >= 2 * held_settings.questions
    assert int(of_songs.sum()) == len(asked.shot)
    assert torch.equal(questions.plays[questions.answer][of_songs], asked.plays[asked.shot])
    assert int(questions.source.max()) > len(notes.names)  # songs are nobody's kin
    assert len(questions.features) == 2 * held_settings.mixtures + len(asked.contexts)

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
    assert loss() < before - 0.05


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
    kit = objective.kit[questions.answer[drum] - known]
    assert torch.equal(questions.source[questions.answer[drum]] - known, kit)
