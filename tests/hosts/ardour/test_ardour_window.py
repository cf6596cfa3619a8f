"""The real Ardour window, with the plugin's editor open on the master bus, while the demo's song plays.

With TIMBRED_WRITE_IMAGES=1 it writes the README's picture, docs/images/ardour.png.
"""

import os
import time
from pathlib import Path

import pytest
from ardour_daemon import serving, wait_for
from ardour_engine import make_session
from ardour_place import PROJECT, Place
from ardour_session import SessionFile
from ardour_window import ArdourWindow, ardour_window
from screen import Screen

from timbred_bridge.osc import Message

pytestmark = [pytest.mark.host, pytest.mark.timeout(300)]

PICTURE = PROJECT / "docs" / "images" / "ardour.png"
TEMPO_BPM = 112
SCREEN_SIZE = (1440, 900)
FOUND = "Found"

# Places in Ardour's main window, in pixels from its corner, with six tracks and zoomed out once.
RULER_BAR_11 = (452, 132)
RULER_BAR_14 = (520, 132)
LANE_OF_FOUND = (745, 690)

# Places in the editor of what the picture shows, while all slots are there.
CHIPS = {"kick": (71, 143), "bass": (461, 143), "keys": (37, 171), "pad": (349, 171)}


def files_in(message: Message) -> set[str]:
    """The names of the sounds' files in a part of a list."""
    return {Path(str(row["path"])).name for row in message.groups if row["sound"]}


@pytest.fixture
def session(place: Place, plugin: str, stems: dict[str, Path]) -> Path:
    """The demo's song on tracks, a track for what is found, and the editor open."""
    folder = make_session(place, "song", [*stems, FOUND], plugin, tempo_bpm=TEMPO_BPM)
    edited = SessionFile(folder)
    edited.put_on_tracks(stems)
    edited.set_choices("words \n" + "".join(f"count {slot} 2\n" for slot in CHIPS))
    edited.show_plugin(x=902, y=96)
    edited.save()
    return folder


def dropped(window: ArdourWindow, session: Path, seconds: float) -> list[str]:
    """Saves until there are regions on the track for what is found, and gives the names of their files."""
    end = time.monotonic() + seconds
    found: list[str] = []
    while not found and time.monotonic() < end:
        window.key("ctrl+s")
        time.sleep(1)
        found = SessionFile(session).region_sources(FOUND)
    return found


def audition_a_pad(place: Place, window: ArdourWindow) -> None:
    """Shows the pads alone, clicks on one of them, and sees that it is heard, until it is clicked again."""
    window.click_editor(*CHIPS["pad"])
    wait_for(place, "/timbred/suggestions", lambda m: {row["slot"] for row in m.groups} == {"pad"}, seconds=5)
    x, y = window.lit_row()
    for expected in (True, False):
        window.screen.click(x, y)
        until = time.monotonic() + 5.0
        while window.is_heard(y) != expected:
            assert time.monotonic() < until, f"a pad that is clicked must be heard: {expected}"
    window.click_editor(*CHIPS["pad"])


def take_picture(window: ArdourWindow) -> None:
    """Shows a few slots, lets the music play on for some bars, and writes the picture."""
    window.click_freeze()
    window.click(*RULER_BAR_14)
    for chip in CHIPS.values():
        window.click_editor(*chip)
    window.rest_mouse()
    time.sleep(10)
    window.screen.write_picture(PICTURE)


def test_the_editor_fills_with_sounds_and_a_row_becomes_a_region(place: Place, session: Path) -> None:
    with (
        serving(place),
        Screen(*SCREEN_SIZE, place.environment()) as screen,
        ardour_window(place, screen, session) as window,
    ):
        wait_for(place, "/timbred/status", lambda m: m.text("state") == "silent", seconds=60)
        window.key("minus")
        window.click(*RULER_BAR_11)
        before = window.picture_of_list()
        window.key("space")
        wait_for(place, "/timbred/suggestions", lambda m: len(files_in(m)) >= 5, seconds=30)
        time.sleep(1)
        changed = (window.picture_of_list() != before).any(axis=2).mean()
        assert changed > 0.02, "a list must change the editor's picture"

        audition_a_pad(place, window)
        window.click_freeze()
        wait_for(place, "/timbred/status", lambda m: m.integer("frozen") == 1, seconds=5)
        listed = wait_for(place, "/timbred/suggestions", lambda m: m.integer("part") == 0, seconds=5)
        lane = (window.main.x + LANE_OF_FOUND[0], window.main.y + LANE_OF_FOUND[1])
        screen.drag(window.lit_row(), lane)
        found = dropped(window, session, seconds=15)
        assert len(found) == 1, found
        assert found[0].replace("%L.", ".") in files_in(listed)  # Ardour splits a stereo file that it imports

        if os.environ.get("TIMBRED_WRITE_IMAGES") == "1":
            take_picture(window)
