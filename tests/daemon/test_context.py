"""The context on tones at 48 kHz, heard at 16 kHz."""

import warnings

import numpy as np
import pytest
from library_of_tones import tone

from timbred.config import load_config
from timbred.context import Context, Window
from timbred.settings import ContextLength
from timbred_bridge.wire import Transport

RATE, HEARD_RATE = 48_000, 16_000
SECONDS = ContextLength("seconds", 8.0)


@pytest.fixture
def context(monkeypatch: pytest.MonkeyPatch, tmp_path: object) -> Context:
    """A context of windows of 3 s."""
    monkeypatch.setenv("TIMBRED_CONFIG", f"{tmp_path}/none.toml")
    return Context(RATE, HEARD_RATE, 3.0, load_config().listening)


def play(
    context: Context,
    audio: np.ndarray,
    *,
    start: int = 0,
    block: int = 2_400,
    length: ContextLength = SECONDS,
    tempo: float | None = None,
    first_ppq: float = 0.0,
) -> list[Window]:
    """Feeds mono audio in blocks, with a transport that runs from frame 0 on."""
    windows = []
    for first in range(0, len(audio), block):
        frame = start + first
        ppq = first_ppq + frame / RATE * (tempo or 0) / 60
        transport = Transport(frame, True, tempo, ppq, ppq // 4 * 4)
        windows.append(context.feed(audio[None, first : first + block], frame, transport, length))
    return [window for window in windows if window is not None]


def test_the_first_window_comes_early_and_later_ones_grow(context: Context) -> None:
    windows = play(context, tone(440, 6.0, RATE))
    seconds = [(w.end_frame - w.start_frame) / RATE for w in windows]
    assert seconds[0] == pytest.approx(0.75, abs=0.06)
    assert seconds[1] == pytest.approx(1.75, abs=0.06)
    assert seconds[-1] == pytest.approx(3.0, abs=0.06)
    assert len(windows) == 6


def test_no_sample_depends_on_the_block_size() -> None:
    listening = load_config().listening
    audio = tone(440, 4.0, RATE) * np.linspace(0.1, 1, 4 * RATE, dtype=np.float32)
    small, large = (Context(RATE, HEARD_RATE, 3.0, listening) for _ in range(2))
    some = play(small, audio, block=1_200)[-1]
    other = play(large, audio, block=12_000)[-1]
    assert some.end_frame == other.end_frame
    frames = min(len(some.audio), len(other.audio)) - 600  # what the streamed filter still holds back
    np.testing.assert_allclose(some.audio[:frames], other.audio[:frames], atol=1e-4)


def test_a_window_is_the_music_resampled(context: Context) -> None:
    window = play(context, tone(440, 4.0, RATE))[-1]
    spectrum = np.abs(np.fft.rfft(window.audio * np.hanning(len(window.audio))))
    pitch = np.argmax(spectrum) * HEARD_RATE / len(window.audio)
    assert pitch == pytest.approx(440, abs=1)
    assert np.sqrt(np.mean(window.audio**2)) == pytest.approx(0.25 / np.sqrt(2), rel=0.02)


def test_silence_has_no_window_and_music_after_it_begins_afresh(context: Context) -> None:
    assert play(context, np.zeros(4 * RATE, np.float32)) == []
    assert context.silent
    windows = play(context, tone(440, 2.0, RATE), start=4 * RATE)
    assert windows[0].start_frame == pytest.approx(4 * RATE, abs=1_000)
    play(context, np.zeros(3 * RATE, np.float32), start=6 * RATE)
    assert context.silent


def test_lost_frames_begin_afresh(context: Context) -> None:
    play(context, tone(440, 2.0, RATE))
    windows = play(context, tone(880, 1.0, RATE), start=30 * RATE)
    assert windows[0].start_frame == 30 * RATE


def test_a_window_holds_nothing_of_what_was_before_lost_frames(context: Context) -> None:
    (fresh,) = play(Context(RATE, HEARD_RATE, 3.0, load_config().listening), tone(880, 1.0, RATE))
    play(context, tone(440, 2.0, RATE), start=100 * RATE)
    (window,) = play(context, tone(880, 1.0, RATE), start=200 * RATE)
    np.testing.assert_array_equal(window.audio, fresh.audio)


def test_a_window_begins_with_the_music_and_not_with_the_silence_read_before_it(context: Context) -> None:
    audio = np.concatenate([np.zeros(RATE, np.float32), tone(440, 1.0, RATE)])
    window = context.feed(audio[None], 0, None, SECONDS)
    assert window is not None
    assert window.start_frame == pytest.approx(RATE, abs=1_000)


def test_what_was_heard_late_is_one_window_and_the_next_comes_a_hop_later(context: Context) -> None:
    windows = play(context, tone(440, 10.75, RATE), block=10 * RATE)
    windows += play(context, tone(440, 1.0, RATE), start=round(10.75 * RATE))
    ends = [window.end_frame / RATE for window in windows]
    assert ends == pytest.approx([10.0, 10.75, 11.75], abs=0.06)


def test_bars_begin_the_context_at_a_bar_line(context: Context) -> None:
    windows = play(context, tone(440, 13.0, RATE), length=ContextLength("bars", 2.0), tempo=120.0)
    begin = windows[-1].begin_frame / RATE
    assert begin % 2.0 == pytest.approx(0.0, abs=0.001)
    assert 4.0 <= windows[-1].end_frame / RATE - begin < 6.1


@pytest.mark.parametrize("first_ppq", [0.0, 0.5, 3.6])
def test_play_may_begin_inside_a_bar(context: Context, first_ppq: float) -> None:
    length = ContextLength("bars", 2.0)
    windows = play(context, tone(440, 12.0, RATE), length=length, tempo=120.0, first_ppq=first_ppq)
    heard = [(window.end_frame - window.start_frame) / RATE for window in windows]
    assert heard[:3] == pytest.approx([0.75, 1.75, 2.75], abs=0.06)
    assert min(heard[3:]) == pytest.approx(3.0, abs=0.06)
    before_two_bars = [w.begin_frame for w in windows if w.end_frame / RATE < 4.0 - first_ppq / 2]
    assert set(before_two_bars) == {0}


def test_bars_without_beats_are_seconds(context: Context) -> None:
    window = play(context, tone(440, 13.0, RATE), length=ContextLength("bars", 2.0))[-1]
    assert (window.end_frame - window.begin_frame) / RATE == pytest.approx(8.0)


def test_a_short_context_cuts_the_window(context: Context) -> None:
    window = play(context, tone(440, 6.0, RATE), length=ContextLength("seconds", 1.0))[-1]
    assert len(window.audio) == HEARD_RATE


def test_broken_samples_count_as_silence(context: Context) -> None:
    audio = tone(440, 2.0, RATE)
    audio[1000:2000] = np.nan
    audio[5000] = np.inf
    windows = play(context, audio)
    assert windows and all(np.isfinite(window.audio).all() for window in windows)


@pytest.mark.parametrize("broken", [np.nan, np.inf, -np.inf])
def test_a_broken_sample_in_silence_is_no_music(context: Context, broken: float) -> None:
    audio = np.zeros(2 * RATE, np.float32)
    audio[5000] = broken
    assert play(context, audio) == []
    assert context.silent


def test_samples_beyond_float32_are_heard_without_a_warning(context: Context) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        context.feed(np.full((2, RATE), 3e38, np.float32), 0, None, SECONDS)


def test_all_channels_are_heard(context: Context) -> None:
    audio = np.stack([np.zeros(RATE, np.float32), tone(440, 1.0, RATE)])
    window = context.feed(audio, 0, None, SECONDS)
    assert window is not None
    assert np.sqrt(np.mean(window.audio**2)) == pytest.approx(0.125 / np.sqrt(2), rel=0.05)
