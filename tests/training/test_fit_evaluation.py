"""Exported judges measured on songs in audio."""

import io
import logging
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console
from toy_onnx import write_toy_model

from timbred_training.errors import TrainingError
from timbred_training.fit.evaluate import FitJudge, evaluate, print_report
from timbred_training.fit.questions import ask, band_limited, loudest
from timbred_training.fit.roles import FIT_ROLES
from timbred_training.fit.songs import Array, OneShot, Song, Stem
from timbred_training.frontend import SAMPLE_RATE

FRAMES = 8 * SAMPLE_RATE


def tone(hz: float, frames: int = FRAMES) -> Array:
    return np.sin(2 * np.pi * hz * np.arange(frames) / SAMPLE_RATE).astype(np.float32)


def made(number: int) -> Song:
    """A pad and a kick that share a pitch, which is the song's own."""
    hz = 200.0 * (number + 1)
    shot = tone(hz, SAMPLE_RATE // 4)
    struck = np.zeros(FRAMES, np.float32)
    struck[3 * SAMPLE_RATE : 3 * SAMPLE_RATE + len(shot)] = shot
    return Song(
        str(number),
        f"author {number % 2}",
        (Stem("kick", struck, (OneShot("kick", shot),)), Stem("pad", 0.5 * tone(hz), ())),
    )


class Songs:
    """Twelve songs in memory."""

    name, real = "toy", True

    def songs(self) -> list[str]:
        return [str(k) for k in range(12)]

    def read(self, song: str) -> Song:
        return made(int(song))


class Pitches:
    """Hears the loudest pitch: right about these songs."""

    name = "pitches"

    def context(self, audio: Array, role: str) -> np.ndarray:
        assert role == "kick"
        return self.shot(audio)

    def shot(self, audio: Array) -> np.ndarray:
        hz = np.abs(np.fft.rfft(audio)).argmax() * SAMPLE_RATE / len(audio)
        vector = np.zeros(16)
        vector[round(hz / 200.0)] = 1.0
        return vector


def test_a_judge_that_knows_scores_best_and_chance_does_not() -> None:
    found = evaluate(Songs(), [Pitches()], ())
    rows = {row.name: row for row in found["pitches"].rows()}
    assert rows["real songs, complete"].questions == 12
    assert rows["real songs, complete"].found[0].percent == 100.0
    assert rows["real songs, in the mix"].median == 0.0
    assert 0.1 < np.mean([row.median for row in found["random"].rows()]) < 0.9


def test_only_the_wanted_authors_ask_but_all_samples_are_ranked() -> None:
    found = evaluate(Songs(), [Pitches()], ["author 1"])
    assert set(found["pitches"].asked.song.tolist()) == {1, 3, 5, 7, 9, 11}
    assert found["pitches"].ranks.of.tolist() == [12.0] * len(found["pitches"].ranks.of)
    with pytest.raises(TrainingError, match=r"must be of the songs' .*, not \['nobody'\]"):
        evaluate(Songs(), [Pitches()], ["author 1", "nobody"])


def test_the_complete_context_lacks_the_part_that_is_asked_for() -> None:
    questions = list(ask(made(0), [{0}, {1}], np.random.default_rng(0)))
    assert [(q.in_mix, q.lo_fi) for q in questions] == [
        (False, False),
        (False, True),
        (True, False),
        (True, True),
    ]
    complete, mixed = questions[0].audio, questions[2].audio
    assert np.allclose(mixed - complete, questions[0].part, atol=1e-6)
    assert np.abs(questions[0].part).max() > 0.9


def test_the_loudest_window_holds_the_sound() -> None:
    audio = np.zeros(20 * SAMPLE_RATE, np.float32)
    audio[15 * SAMPLE_RATE : 16 * SAMPLE_RATE] = 1.0
    begin = loudest(audio) / SAMPLE_RATE
    assert begin <= 15.0
    assert begin + 6.0 >= 16.0


def test_a_cut_bandwidth_leaves_nothing_above() -> None:
    noise = np.random.default_rng(1).standard_normal(FRAMES).astype(np.float32)
    spectrum = np.abs(np.fft.rfft(band_limited(noise, np.random.default_rng(0))))
    assert spectrum[-len(spectrum) // 5 :].max() < 0.01 * spectrum[: len(spectrum) // 10].max()


def test_the_two_files_of_a_fit_model_are_each_of_their_space(tmp_path: Path) -> None:
    context, sample = tmp_path / "fit.context.onnx", tmp_path / "fit.sample.onnx"
    write_toy_model(context, "fit.context", FIT_ROLES)
    write_toy_model(sample, "fit.sample")
    assert FitJudge(tmp_path).context(tone(200.0), "kick").shape == (1,)
    for space in ("timbre", "fit.context"):
        write_toy_model(sample, space)
        with pytest.raises(TrainingError, match=rf"of the space fit\.sample, and .* is of {space}$"):
            FitJudge(tmp_path)
    write_toy_model(sample, "fit.sample")
    write_toy_model(context, "fit.sample")
    with pytest.raises(TrainingError, match=r"of the space fit\.context, and .* is of fit\.sample$"):
        FitJudge(tmp_path)
    write_toy_model(context, "fit.context", FIT_ROLES[1:])
    with pytest.raises(TrainingError, match=r"must know all roles, and toy-1-0 lacks kick$"):
        FitJudge(tmp_path)


def test_a_name_is_printed_as_it_is() -> None:
    found = evaluate(Songs(), [Pitches()], ())
    printed = io.StringIO()
    measured = found["pitches"]
    print_report(
        {"[b]my[/c] model": measured, "[other]": measured},
        "[b]my[/c] model",
        Console(file=printed, width=130),
    )
    assert "[b]my[/c] model: drums" in printed.getvalue()
    assert "gain over [other], drums" in printed.getvalue()


class SomeBroken(Songs):
    """The same, but every third can't be read."""

    def read(self, song: str) -> Song:
        if int(song) % 3 == 0:
            raise TrainingError(f"a song must be readable, not {song}")
        return super().read(song)


def test_songs_that_cannot_be_read_are_skipped_and_counted(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        found = evaluate(SomeBroken(), [Pitches()], ())
    assert next(row.questions for row in found["pitches"].rows()) == 8
    assert caplog.messages[0] == "0 is skipped: a song must be readable, not 0"
    assert caplog.messages[-1] == "4 of 12 songs were skipped"


def test_questions_without_rivals_are_left_out_and_counted() -> None:
    class Lonely(Songs):
        def read(self, song: str) -> Song:
            kick, pad = made(int(song)).stems
            bass = Stem("bass", pad.audio, (OneShot("bass", tone(90.0, SAMPLE_RATE // 4)),))
            return Song(song, "somebody", (kick, bass if song == "3" else pad))

    class AnyRole(Pitches):
        def context(self, audio: Array, role: str) -> np.ndarray:
            return self.shot(audio)

    found = evaluate(Lonely(), [AnyRole()], ())
    printed = io.StringIO()
    print_report(found, "pitches", Console(file=printed, width=130))
    assert found["pitches"].rows(drums=False) == []
    assert "4 questions are left out" in printed.getvalue()
