"""Bar lines from transports, at 1000 Hz and 120 BPM, where a bar of 4/4 is 2000 frames."""

from timbred.bars import BarLines
from timbred_bridge.wire import Transport


def at(frame: int, ppq: float, *, tempo: float = 120.0, beats: int = 4, playing: bool = True) -> Transport:
    """A transport whose bars begin at multiples of its own length."""
    return Transport(frame, playing, tempo, ppq, ppq // beats * beats, beats, 4)


def test_the_context_begins_whole_bars_ago() -> None:
    bars = BarLines(1000)
    for frame in range(0, 10_001, 250):
        bars.follow(at(frame, frame / 500))
    assert [bars.begin(count) for count in (1, 2, 4)] == [8000, 6000, 2000]


def test_lines_between_two_transports_are_found() -> None:
    bars = BarLines(1000)
    bars.follow(at(100, 0.2))
    bars.follow(at(9_100, 18.2))
    assert [bars.begin(count) for count in (1, 2, 3)] == [6000, 4000, 2000]


def test_a_tempo_change_moves_the_lines_after_it_alone() -> None:
    bars = BarLines(1000)
    bars.follow(at(0, 0.0))
    bars.follow(at(4_001, 8.002))
    bars.follow(at(8_001, 8.0 + 4.0, tempo=60.0))
    assert bars.begin(1) == 4000
    bars.follow(at(12_001, 16.0, tempo=60.0))
    assert bars.begin(1) == 8001


def test_a_loop_jump_keeps_what_was_heard_before_it() -> None:
    bars = BarLines(1000)
    for frame in range(0, 8_001, 200):
        bars.follow(at(frame, frame / 500))
    for frame in range(8_200, 11_001, 200):  # from bar 5 back to bar 2
        bars.follow(at(frame, frame / 500 - 12))
    assert [bars.begin(count) for count in (1, 2)] == [8000, 6000]


def test_other_signatures_have_other_bars() -> None:
    bars = BarLines(1000)
    for frame in range(0, 7_001, 100):
        bars.follow(at(frame, frame / 500, beats=3))
    assert bars.begin(2) == 3000


def test_a_stopped_transport_has_no_bars() -> None:
    bars = BarLines(1000)
    bars.follow(at(5_000, 10.0))
    bars.follow(at(5_100, 10.0, playing=False))
    assert bars.begin(1) is None
    bars.follow(Transport(5_200, True))
    assert bars.begin(1) is None
    bars.follow(at(6_000, 1.0))
    assert (bars.begin(4), bars.oldest) == (None, 5500)
