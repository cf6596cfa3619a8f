"""VST3, CLAP and LV2 in small hosts of our own: meters, edits, auditions, processing that starts anew."""

from pathlib import Path

import pytest
from host_daemon import HostDaemon, Row
from screen import Screen
from session_host import FORMATS, Host, edits_told, lv2_changes, lv2_editor, order, session_host
from waiting import wait_for

from timbred_bridge.ring import RingReader
from timbred_bridge.wire import Transport

pytestmark = pytest.mark.host

FIRST_ROW, WORDS, FIT = (250, 275), (44, 110), (100, 72)
"""In the editor at its first size, in pixels from its upper left corner."""
BRIGHT = 200
"""Of 255: words that were chosen are above, the example in their place is below."""


METERS = (
    # numerator, denominator, quarters, the host's bar where it tells one; where the bar starts
    ((4, 4, 9.5), 8.0),
    ((6, 8, 7.0), 6.0),
    ((7, 8, 8.0), 7.0),
    ((3, 16, 5.5), 5.25),
    ((1, 8, 5.75), 5.5),
    ((1, 16, 5.3125), 5.25),
    ((4, 4, -1.5), -4.0),
    ((7, 8, 9.0, 8.0), 8.0),  # after two bars of 4/4
    ((4, 4, 9.5, 40.0), 8.0),  # a bar that the position is not in
)


def played(host: Host, runtime_folder: Path, told: tuple[float, ...]) -> Transport:
    """What the plugin's ring says once the host has played a block with what it was told."""
    assert order(host, "play", *told) == "ok", told
    (ring,) = runtime_folder.glob("*.ring")
    with RingReader(ring) as reader:
        transport = reader.transport()
    assert transport is not None
    return transport


@pytest.mark.parametrize("plugin_format", FORMATS)
def test_every_meter_arrives_with_its_position_and_bar(
    plugin_folder: Path, runtime_folder: Path, plugin_format: str
) -> None:
    with session_host(plugin_folder, plugin_format) as host:
        for told, bar_start_ppq in METERS:
            transport = played(host, runtime_folder, told)
            assert (transport.beats_per_bar, transport.beat_unit) == told[:2]
            assert transport.ppq_position == pytest.approx(told[2])
            assert transport.bar_start_ppq == pytest.approx(bar_start_ppq), told


@pytest.mark.parametrize("plugin_format", FORMATS)
def test_a_meter_that_is_none_is_not_told(
    plugin_folder: Path, runtime_folder: Path, plugin_format: str
) -> None:
    with session_host(plugin_folder, plugin_format) as host:
        for meter in ((0, 0), (0, 4), (4, 0)):
            transport = played(host, runtime_folder, (*meter, 5))
            assert (transport.playing, transport.tempo_bpm) == (True, None)


@pytest.mark.parametrize("plugin_format", FORMATS)
def test_a_state_is_the_same_in_pieces_of_any_size(
    plugin_folder: Path, runtime_folder: Path, tmp_path: Path, plugin_format: str
) -> None:
    choices = "timbred-choices 1\nwords warm täpe\nslot kick\ncount kick 7\n"
    choices += "".join(f"pin {number:032x}\n" for number in range(40))
    states = ("__dpf_state_begin__", "choices", choices, "edited", "0", "__dpf_state_end__")
    values = ("mode", "1", "context", "5", "freeze", "1")
    parameters = ("__dpf_parameters_begin__", *values, "__dpf_parameters_end__")
    state = "".join(f"{part}\0" for part in states + parameters).encode() + b"\xfe\0"
    file = tmp_path / "state"
    with session_host(plugin_folder, plugin_format) as host:
        for piece_bytes in range(1, 600):
            file.write_bytes(state)
            assert order(host, "state", file, piece_bytes) == "ok"
            assert file.read_bytes() == state, piece_bytes


@pytest.mark.parametrize("plugin_format", FORMATS)
def test_a_block_prints_nothing_on_the_audio_thread(
    plugin_folder: Path, runtime_folder: Path, plugin_format: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with session_host(plugin_folder, plugin_format) as host:
        assert order(host, "play", 4, 4, 0) == "ok"
    assert capfd.readouterr().err == ""


def test_a_vst3_whose_processing_is_started_anew_on_the_audio_thread_locks_nothing_there(
    plugin_folder: Path, runtime_folder: Path
) -> None:
    with session_host(plugin_folder, "vst3") as host:
        assert order(host, "restart", 10) == "0"
        assert len(list(runtime_folder.glob("*.ring"))) == 1


@pytest.mark.parametrize("plugin_format", FORMATS)
def test_a_pin_marks_the_session_as_changed_and_a_touched_row_does_not(
    plugin_folder: Path, runtime_folder: Path, suggestions: list[Row], screen: Screen, plugin_format: str
) -> None:
    environment = screen.environment()
    with (
        HostDaemon(runtime_folder, suggestions) as daemon,
        session_host(plugin_folder, plugin_format, "editor", environment=environment) as host,
    ):
        window = screen.window("^session host$")
        wait_for(daemon.has_list)
        for button in (1, 3):  # the left one plays it
            screen.click(window.x + FIRST_ROW[0], window.y + FIRST_ROW[1], button)
        wait_for(lambda: daemon.of("feedback"))
        assert edits_told(host) == ["dirty"]


def test_a_clap_tells_a_host_that_plays_nothing_of_a_mode_clicked_in_the_editor(
    plugin_folder: Path, runtime_folder: Path, screen: Screen
) -> None:
    with (
        HostDaemon(runtime_folder) as daemon,
        session_host(plugin_folder, "clap", "editor", environment=screen.environment()) as host,
    ):
        window = screen.window("^session host$")
        wait_for(lambda: daemon.of("mode"))
        screen.click(window.x + FIT[0], window.y + FIT[1])
        wait_for(lambda: daemon.of("mode")[-1].text("mode") == "fit")
        assert edits_told(host) == ["parameter 0 1"]


def test_an_lv2_editor_shows_the_state_that_its_host_restores(
    plugin_folder: Path, runtime_folder: Path, screen: Screen
) -> None:
    screen.point(0, 0)
    with lv2_editor(plugin_folder, screen.environment()) as host:
        window = screen.window("^session host$")

        def brightness_of_words() -> int:
            left, top = WORDS
            return int(screen.picture_of(window)[top - 9 : top + 9, left : left + 300].max())

        wait_for(lambda: 100 < brightness_of_words() < BRIGHT)
        assert host.stdin is not None
        host.stdin.write("\n")
        host.stdin.flush()
        wait_for(lambda: brightness_of_words() > BRIGHT)


@pytest.mark.parametrize("plugin_format", FORMATS)
def test_a_click_on_a_row_is_heard_on_the_bus_and_another_ends_it(
    plugin_folder: Path, runtime_folder: Path, suggestions: list[Row], screen: Screen, plugin_format: str
) -> None:
    environment = screen.environment()
    with (
        HostDaemon(runtime_folder, suggestions) as daemon,
        session_host(plugin_folder, plugin_format, "editor", "playing", environment=environment) as host,
    ):
        assert host.stdout is not None
        window = screen.window("^session host$")
        wait_for(daemon.has_list)
        for expected in ("sound", "silence"):
            screen.click(window.x + FIRST_ROW[0], window.y + FIRST_ROW[1])
            assert host.stdout.readline().strip() == expected
        (asked,) = daemon.of("audition")
        assert asked.text("sound") == suggestions[0][2]
        (ring,) = runtime_folder.glob("*.ring")
        with RingReader(ring) as reader:
            assert reader.peak(reader.oldest_frame(), reader.written_frames()) == 0.0, "the bus as it came in"
        assert list(runtime_folder.glob("*.audio")) == []


def test_the_lv2_tells_its_host_once_of_an_edit_as_soon_as_there_is_room_and_not_of_a_restored_state(
    plugin_folder: Path, runtime_folder: Path
) -> None:
    assert lv2_changes(plugin_folder) == {
        "restored": 0,
        "before_the_worker": 0,
        "no_room": 0,
        "edited": 1,
        "later": 0,
    }
