"""Any sound is auditioned from its onset on, in stereo, at the host's rate, as loud as any other."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import soundfile as sf
from tiny_instruments import write_sfz

from timbred_catalogs.audition import HIGHEST_PEAK_DB, LOUDNESS_LUFS, MOST_SECONDS, auditioned
from timbred_catalogs.decode import PRE_ROLL_SECONDS, UndecodableError
from timbred_catalogs.errors import CatalogError
from timbred_catalogs.loudness import decibels, integrated_loudness
from timbred_catalogs.note_cache import NoteCache
from timbred_catalogs.playable import write_audition
from timbred_catalogs.sound import Sound

MakeSound = Callable[..., Sound]
RATE = 44_100


def tone(seconds: float, rate: int = RATE, *, amplitude: float = 0.1) -> np.ndarray:
    """(frames,) float32, a sine of 500 Hz."""
    return np.asarray(
        amplitude * np.sin(np.arange(round(seconds * rate)) / rate * 2 * np.pi * 500), np.float32
    )


def written(folder: Path, audio: np.ndarray, rate: int = RATE) -> str:
    sf.write(folder / "sound.wav", audio, rate, subtype="FLOAT")
    return str(folder / "sound.wav")


@pytest.mark.parametrize("rate", [8_000, 44_100, 48_000, 192_000, 384_000])
def test_one_channel_is_heard_on_both_sides_at_the_hosts_rate(tmp_path: Path, rate: int) -> None:
    heard = auditioned(written(tmp_path, tone(1.0)), rate)
    assert heard.dtype == np.float32 and heard.shape == (rate, 2)
    assert np.array_equal(heard[:, 0], heard[:, 1])
    assert np.abs(np.fft.rfft(heard[:, 0])).argmax() == 500


@pytest.mark.parametrize("others", [0, 4])
def test_the_sides_stay_apart_and_of_many_channels_the_two_loudest_are_heard(
    tmp_path: Path, others: int
) -> None:
    left, right = tone(0.5), tone(0.5, amplitude=0.05)
    quiet = [0.1 * right] * others
    heard = auditioned(written(tmp_path, np.stack([*quiet, left, *quiet, right], axis=1)), RATE)
    assert heard.shape[1] == 2
    assert np.abs(heard[:, 0]).max() == pytest.approx(2 * np.abs(heard[:, 1]).max(), rel=1e-3)


@pytest.mark.parametrize("amplitude", [0.001, 0.1, 1.0, 1e30])
def test_quiet_and_loud_sounds_are_equally_loud(tmp_path: Path, amplitude: float) -> None:
    heard = auditioned(written(tmp_path, tone(2.0, amplitude=amplitude)), 48_000)
    assert integrated_loudness(heard[:, 1].copy(), 48_000) == pytest.approx(LOUDNESS_LUFS, abs=0.1)


def test_a_click_stays_below_the_highest_peak(tmp_path: Path) -> None:
    click = np.zeros(RATE, np.float32)
    click[100:104] = 0.5
    heard = auditioned(written(tmp_path, click), 96_000)
    assert decibels(float(np.abs(heard).max())) == pytest.approx(HIGHEST_PEAK_DB, abs=0.01)


@pytest.mark.parametrize("silence_seconds", [1, 20])
def test_silence_before_the_attack_is_not_waited_for(tmp_path: Path, silence_seconds: int) -> None:
    silence = np.zeros(silence_seconds * RATE, np.float32)
    heard = auditioned(written(tmp_path, np.concatenate([silence, tone(0.5)])), RATE)
    assert len(heard) == pytest.approx((0.5 + PRE_ROLL_SECONDS) * RATE, abs=2)


def test_a_sound_that_ends_off_zero_ends_without_a_click(tmp_path: Path) -> None:
    heard = auditioned(written(tmp_path, tone(0.5) + np.float32(0.05)), RATE)
    assert abs(heard[-1, 0]) < 0.01 * np.abs(heard).max()


def test_a_sound_above_the_hosts_hearing_is_refused_and_not_raised_to_a_click(tmp_path: Path) -> None:
    high = 0.1 * np.hanning(96_000) * np.sin(2 * np.pi * 30_000 * np.arange(96_000) / 96_000)
    with pytest.raises(UndecodableError, match="silent at 44100 Hz"):
        auditioned(written(tmp_path, high, 96_000), RATE)


@pytest.mark.parametrize("frames", [1, 2, 3])
def test_the_shortest_sounds_are_heard_or_refused(tmp_path: Path, frames: int) -> None:
    path = written(tmp_path, np.full(frames, 0.5, np.float32), 192_000)
    assert len(auditioned(path, 192_000)) == frames
    with pytest.raises(UndecodableError, match="silent at 8000 Hz"):
        auditioned(path, 8_000)


def test_a_long_sound_fades_at_its_end(tmp_path: Path) -> None:
    heard = auditioned(written(tmp_path, tone(MOST_SECONDS + 5)), RATE)
    assert len(heard) == pytest.approx(MOST_SECONDS * RATE, abs=2)
    assert np.abs(heard[-20:]).max() < 0.02 * np.abs(heard).max()


@pytest.mark.parametrize(
    ("audio", "reason"),
    [
        (np.zeros(RATE, np.float32), "silent: no sample above -80 dBFS"),
        (np.full(RATE, np.nan, np.float32), "holds samples that are not numbers"),
        (np.zeros(0, np.float32), "silent: no sample above -80 dBFS"),
    ],
)
def test_what_nobody_would_hear_is_refused(tmp_path: Path, audio: np.ndarray, reason: str) -> None:
    with pytest.raises(UndecodableError, match=reason):
        auditioned(written(tmp_path, audio), RATE)


def test_an_instrument_is_heard_as_its_note(tmp_path: Path, make_sound: MakeSound) -> None:
    instrument = replace(make_sound(1), path=str(write_sfz(tmp_path)), kind="instrument", pitch_midi=36.0)
    file = tmp_path / "heard.audio"
    write_audition(instrument, 48_000, file, NoteCache(tmp_path / "cache"))
    heard = np.fromfile(file, np.float32).reshape(-1, 2)
    assert len(heard) >= 48_000 and np.abs(heard).max() > 0.05


def test_what_cannot_be_read_or_written_is_told(tmp_path: Path, make_sound: MakeSound) -> None:
    gone = replace(make_sound(1), path=str(tmp_path / "gone.wav"))
    with pytest.raises(CatalogError, match=r"gone\.wav cannot be played: file cannot be read: No such file"):
        write_audition(gone, 48_000, tmp_path / "heard.audio")
    there = replace(make_sound(2), path=written(tmp_path, tone(1.0)))
    with pytest.raises(CatalogError, match=r"heard\.audio cannot be written: No such file"):
        write_audition(there, 48_000, tmp_path / "nowhere" / "heard.audio")
