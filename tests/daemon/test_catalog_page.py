"""The page of `timbred catalog info --html`: what stands in it, and that it plays in a real browser."""

import json
import os
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlparse

import pytest
import soundfile as sf
from catalog_program import run, values, write_tone
from library_of_tones import sound
from tiny_instruments import write_sfz
from waiting import wait_for

from timbred.catalog_notes import rendered_notes
from timbred.catalog_page import file_url
from timbred_catalogs.errors import CatalogError
from timbred_catalogs.note_cache import NoteCache

if TYPE_CHECKING:
    from selenium.webdriver import Chrome

EVIL = "<script>document.title='gone'<!-- #1 100%?"


@pytest.fixture
def page(home: Path) -> Path:
    """A page on six tones, of which two are nearly the same and one has a hostile name, and an instrument."""
    folder = home / "Samples" / "Dusty"
    write_tone(folder / "Leads" / "Lead.wav", 3300.0)
    audio, rate = sf.read(folder / "Leads" / "Lead.wav")
    sf.write(folder / "Leads" / "Lead quiet.flac", 0.3 * audio, rate)
    write_sfz(folder / "Bass")
    write_tone(folder / EVIL / "\u30ad\u30c3\u30af.wav", 1200.0)
    run("add", str(home / "Samples"))
    said = run("info", "--html", str(home / "page.html")).stdout
    assert said == f"{home}/page.html: open it in a browser\n"
    return home / "page.html"


def data_in(page: Path) -> dict[str, Any]:
    found = re.search(
        r'<script id="data" type="application/json">(.*?)</script>', page.read_text(), re.DOTALL
    )
    assert found is not None
    data: dict[str, Any] = json.loads(found[1])
    return data


def test_the_page_holds_every_sound_once_and_what_is_nearly_the_same(page: Path, home: Path) -> None:
    data = data_in(page)
    assert data["sounds"] == len(data["points"]["name"]) == 9
    assert {len(column) for column in data["points"].values()} == {9}
    urls = set(data["points"]["url"])
    assert file_url(str(home / "Samples" / "Dusty" / "Leads" / "Lead.wav")) in urls
    groups = [{sound["name"] for sound in group} for group in data["groups"]]
    assert {"Lead", "Lead quiet"} in groups
    assert dict(data["counts"]["seconds"])["0.1-0.3"] == 6


def test_the_page_asks_no_network_and_no_name_becomes_markup(page: Path) -> None:
    text = page.read_text()
    assert text.count("<script") == 2
    assert "document.title='gone'</script>" not in text
    assert not re.search(
        r"(src|href)=|@import|https?:", re.sub(r'id="data".*?</script>', "", text, flags=re.DOTALL)
    )
    assert "default-src 'none'" in text


def test_a_link_is_the_paths_own_bytes_escaped() -> None:
    assert file_url("/a b/#1 100%?.wav") == "file:///a%20b/%231%20100%25%3F.wav"
    assert file_url(os.fsdecode(b"/caf\xe9.wav")) == "file:///caf%E9.wav"


INSTRUMENTS = ("Warm Bass", "Bright", "Dark")


def test_an_instrument_plays_its_note_where_there_was_time_to_render_it(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = home / "Samples" / "Dusty"
    for name in INSTRUMENTS:
        sfz = write_sfz(folder, name)
        sfz.write_text(f"{sfz.read_text()}// {name}")
    run("add", str(home / "Samples"))
    (folder / "Dark.sfz").unlink()
    with monkeypatch.context() as patch:
        patch.setattr("timbred.catalog_page.rendered_notes", partial(rendered_notes, longest_seconds=0.0))
        assert notes_on_page(home) == {"Warm Bass": False, "Bright": False, "Dark": False}
    assert notes_on_page(home) == {"Warm Bass": True, "Bright": True, "Dark": False}


def notes_on_page(home: Path) -> dict[str, bool]:
    """Which of the instruments play, from files that are there."""
    run("info", "--html", str(home / "page.html"), "--replace")
    points = data_in(home / "page.html")["points"]
    urls = dict(zip(points["name"], points["url"], strict=True))
    return {name: urls[name] is not None and is_there(urls[name]) for name in INSTRUMENTS}


def is_there(url: str) -> bool:
    return Path(unquote(urlparse(url).path)).is_file()


def test_a_note_that_is_rendered_counts_against_the_caches_size(tmp_path: Path) -> None:
    sounds = [
        replace(sound(number << 96, name=str(number)), path=str(write_sfz(tmp_path)), pitch_midi=36.0)
        for number in range(3)
    ]
    cache = NoteCache(tmp_path / "cache")
    one = rendered_notes(sounds[:1], cache)[sounds[0].id].stat().st_size
    small = NoteCache(tmp_path / "cache", most_bytes=3 * one)
    assert list(rendered_notes(sounds, small)) == [sounds[0].id, sounds[1].id], "the rest is the lists'"
    assert len(list(small.folder.iterdir())) == 2


def test_a_catalogue_without_sounds_has_a_page_too(home: Path) -> None:
    (home / "empty").mkdir()
    run("add", str(home / "empty"))
    run("info", "--html", str(home / "page.html"))
    assert data_in(home / "page.html")["points"]["name"] == []


def test_a_page_takes_no_file_s_place_unasked(home: Path) -> None:
    run("add", str(home / "Samples"))
    mine = home / "mine.wav"
    mine.write_bytes(b"audio")
    with pytest.raises(
        CatalogError, match=r"mine\.wav is there already: name another file, or say --replace"
    ):
        run("info", "--html", str(mine))
    assert mine.read_bytes() == b"audio"
    run("info", "--html", str(mine), "--replace")
    assert data_in(mine)["points"]["name"]


def test_info_draws_counts_and_says_how_the_indices_are(home: Path) -> None:
    run("add", str(home / "Samples"))
    said = run("info").stdout
    assert "last compaction: none was needed yet" in said
    assert re.search(r"0\.1-0\.3 +3 +█{30}", said)
    [state] = values("info")
    assert state["by_seconds"]["0.1-0.3"] == 3
    assert (state["compacted_at"], state["indices"]) == (None, [])


@pytest.fixture
def browser(tmp_path: Path) -> "Iterator[Chrome]":
    """Debian's Chromium without a window, that asks nothing of any network."""
    from selenium.webdriver import Chrome, ChromeOptions, ChromeService

    options = ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    words = "--headless=new --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync "
    words += "--disable-background-networking --disable-component-update --window-size=1200,1000"
    for word in [*words.split(), f"--user-data-dir={tmp_path / 'browser'}"]:
        options.add_argument(word)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    driver = Chrome(options, ChromeService("/usr/bin/chromedriver"))
    yield driver
    driver.quit()


@pytest.mark.host
@pytest.mark.timeout(400)
def test_a_click_on_a_point_plays_its_sound(page: Path, browser: "Chrome") -> None:
    from selenium.webdriver.common.action_chains import ActionChains
    from selenium.webdriver.common.by import By

    browser.get(page.as_uri())
    assert browser.title == "timbred: the catalogue"
    points = data_in(page)["points"]
    canvas, player = browser.find_element(By.ID, "map"), browser.find_element(By.ID, "player")
    browser.execute_script("arguments[0].scrollIntoView()", canvas)
    for name, seconds in (("Kick 01", 0.25), ("\u30ad\u30c3\u30af", 0.25), ("Warm Bass", 1.0)):
        number = points["name"].index(name)
        x, y = browser.execute_script(f"return screenOf({number})")
        width, height = canvas.size["width"], canvas.size["height"]
        heard = "window.heard = 0; player.onplaying = () => window.heard += 1; player.onended = null"
        browser.execute_script(heard)
        ActionChains(browser).move_to_element_with_offset(
            canvas, round(x - width / 2), round(y - height / 2)
        ).click().perform()
        wait_for(lambda: browser.execute_script("return window.heard"), 60)
        assert player.get_property("src") == points["url"][number]
        assert browser.execute_script("return player.duration") == pytest.approx(seconds, abs=0.1)
        assert name in browser.find_element(By.ID, "playing").text
    said: list[dict[str, Any]] = browser.get_log("browser")  # type: ignore[no-untyped-call]
    severe = [entry for entry in said if entry["level"] == "SEVERE"]
    assert severe == []


@pytest.mark.host
@pytest.mark.timeout(400)
def test_groups_play_and_the_legend_hides_roles(page: Path, browser: "Chrome") -> None:
    from selenium.webdriver.common.by import By

    browser.get(page.as_uri())
    browser.execute_script("window.heard = 0; player.onplaying = () => window.heard += 1")
    quiet = next(b for b in browser.find_elements(By.CSS_SELECTOR, ".group button") if "quiet" in b.text)
    quiet.click()
    wait_for(lambda: browser.execute_script("return window.heard"), 60)
    assert browser.execute_script("return player.src").endswith("Lead%20quiet.flac")
    kicks = next(b for b in browser.find_elements(By.CSS_SELECTOR, "#legend button") if "kick" in b.text)
    kicks.click()
    number = data_in(page)["points"]["name"].index("Kick 01")
    assert not browser.execute_script(f"return shown({number})")
    assert kicks.get_attribute("aria-pressed") == "false"
    browser.find_element(By.ID, "find").send_keys("quiet")
    assert browser.execute_script("return points.name.filter((_, n) => shown(n))") == ["Lead quiet"]
