"""The listening test: pairs, the page in a real browser, and what answers say."""

import base64
import io
import json
import shutil
import time
import weakref
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile

from timbred_training.errors import TrainingError
from timbred_training.fit.listening_test import (
    Pair,
    _questions,
    binomial_p,
    make_pairs,
    read_answers,
    write_test,
)
from timbred_training.fit.songs import Array, OneShot, Song, Stem
from timbred_training.frontend import SAMPLE_RATE

SECONDS = 8.0


def kick(hz: float) -> Array:
    t = np.arange(SAMPLE_RATE // 4) / SAMPLE_RATE
    return np.asarray(np.sin(2 * np.pi * hz * t) * np.exp(-20 * t), np.float32)


class Songs:
    """Three songs, each a steady tone and a kick on every second; song k's kick is of another pitch."""

    name, real = "toy", True

    def songs(self) -> list[str]:
        return ["0", "1", "2"]

    def read(self, song: str) -> Song:
        own = kick(60.0 * (1 + int(song)))
        struck = np.zeros(int(SECONDS * SAMPLE_RATE), np.float32)
        for second in range(1, int(SECONDS) - 1):
            struck[second * SAMPLE_RATE : second * SAMPLE_RATE + len(own)] = own
        tone = 0.3 * np.sin(2 * np.pi * 440 * np.arange(len(struck)) / SAMPLE_RATE).astype(np.float32)
        return Song(
            song, f"author {song}", (Stem("kick", struck, (OneShot("kick", own),)), Stem("pad", tone, ()))
        )


class Lowest:
    """Likes the lowest kick best."""

    name = "lowest"

    def context(self, audio: Array, role: str) -> np.ndarray:
        return np.array([1.0])

    def shot(self, audio: Array) -> np.ndarray:
        return np.array([-float(np.abs(np.fft.rfft(audio)).argmax())])


def pitch(audio: Array) -> float:
    """Of the loudest partial below 300 Hz."""
    spectrum = np.abs(np.fft.rfft(audio))[: int(300 * len(audio) / SAMPLE_RATE)]
    return float(spectrum.argmax()) * SAMPLE_RATE / len(audio)


def test_the_fitting_sample_is_the_judges_and_never_the_songs_own() -> None:
    pairs = make_pairs(Songs(), Lowest(), 3, (), seed=1)
    for pair in pairs:
        others = [60.0 * (1 + k) for k in range(3) if str(k) != pair.song]
        fitting, random = pair.audio[pair.fitting], pair.audio[1 - pair.fitting]
        assert pitch(fitting) == pytest.approx(min(others), abs=8.0)
        assert pitch(random) == pytest.approx(max(others), abs=8.0)


def test_the_music_is_as_loud_with_either_sample() -> None:
    (pair,) = make_pairs(Songs(), Lowest(), 1, ("author 0",), seed=1)
    before = slice(0, SAMPLE_RATE // 4)  # either sample
    assert np.abs(pair.audio[0][before]).max() > 0.1
    assert np.allclose(pair.audio[0][before], pair.audio[1][before])
    assert max(np.abs(audio).max() for audio in pair.audio) == pytest.approx(0.9)


class Copies(Songs):
    """The same, but the third song has the second's recording, and two parts of the first play its own."""

    def read(self, song: str) -> Song:
        read = super().read("1" if song == "2" else song)
        again = Stem("kick again", np.roll(read.stems[0].audio, SAMPLE_RATE // 2), read.stems[0].one_shots)
        stems = (*read.stems, again) if song == "0" else read.stems
        return Song(song, f"author {song}", stems)


def test_a_copy_of_the_asked_sound_is_not_in_the_music() -> None:
    asked = _questions(Copies().read("0"), np.random.default_rng(0))
    tone = Copies().read("0").stems[1].audio[: int(6 * SAMPLE_RATE)]
    assert asked and all(np.allclose(question.audio, tone) for question in asked)


def test_a_pair_is_never_of_one_recording() -> None:
    with pytest.raises(TrainingError, match=r"must ask 2 questions about drums, and ask [01]$"):
        make_pairs(Copies(), Lowest(), 2, ("author 0",), seed=0)


def test_songs_are_read_one_at_a_time() -> None:
    class Counted(Songs):
        """Thirty songs; counts how many are in memory."""

        def __init__(self) -> None:
            self.alive: list[weakref.ref[Song]] = []
            self.most = 0

        def songs(self) -> list[str]:
            return [str(k) for k in range(30)]

        def read(self, song: str) -> Song:
            read = super().read(str(int(song) % 3))
            made = Song(song, read.author, read.stems)
            self.alive = [*(other for other in self.alive if other() is not None), weakref.ref(made)]
            self.most = max(self.most, len(self.alive))
            return made

    source = Counted()
    assert len(make_pairs(source, Lowest(), 4, (), seed=1)) == 4
    assert source.most <= 2


def test_more_pairs_than_there_are_questions_are_refused() -> None:
    with pytest.raises(TrainingError, match="must ask 4 questions"):
        make_pairs(Songs(), Lowest(), 4, (), seed=0)


@pytest.fixture
def pairs() -> list[Pair]:
    """Three pairs of short tones; b, a and b were said to fit."""
    tones = [kick(100.0), kick(200.0)]
    return [Pair("kick", str(k), (tones[0], tones[1]), fitting) for k, fitting in enumerate((1, 0, 1))]


def test_the_page_holds_its_sounds_and_not_the_key(pairs: list[Pair], tmp_path: Path) -> None:
    text = write_test(pairs, "fit-1", tmp_path).read_text()
    key = json.loads((tmp_path / "key.json").read_text())
    assert key["fitting"] == ["b", "a", "b"]
    assert "fitting" not in text
    assert "http" not in text
    encoded = text.partition('"a": "data:audio/ogg;base64,')[2].partition('"')[0]
    audio, rate = soundfile.read(io.BytesIO(base64.b64decode(encoded)))
    assert rate == SAMPLE_RATE
    assert len(audio) == len(kick(100.0))


def test_answers_are_counted_against_the_key(
    pairs: list[Pair], tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_test(pairs, "fit-1", tmp_path)
    test = json.loads((tmp_path / "key.json").read_text())["test"]
    answers = tmp_path / "answers.json"
    answers.write_text(json.dumps({"test": test, "answers": {"0": "b", "1": "a", "2": "a"}}))
    another = tmp_path / "another.json"
    another.write_text(json.dumps({"test": test, "answers": {"0": "b", "1": "b", "2": "b"}}))
    copy = tmp_path / "copy.json"
    copy.write_text(json.dumps({"answers": {"2": "a", "1": "a", "0": "b"}, "test": test}, indent=1))
    result = read_answers([answers, another, answers, copy], tmp_path / "key.json")
    assert (result.fitting, result.answers) == (4, 6)
    assert [record.getMessage() for record in caplog.records] == [
        f"{copy} counts as a copy of {answers}: both hold the same answers"
    ]
    with pytest.raises(TrainingError, match=r"must be written where none is: .* holds key\.json"):
        write_test(pairs, "fit-1", tmp_path)
    answers.write_text(json.dumps({"test": "another", "answers": {}}))
    with pytest.raises(TrainingError, match="answers must be to test"):
        read_answers([answers], tmp_path / "key.json")


@pytest.mark.parametrize("fitting", [["x", 1, None], ["a", [], "b"], "ab", None])
def test_a_key_says_of_each_question_what_fits(tmp_path: Path, fitting: object) -> None:
    key, answers = tmp_path / "key.json", tmp_path / "answers.json"
    key.write_text(json.dumps({"test": "T", "fitting": fitting}))
    answers.write_text(json.dumps({"test": "T", "answers": {}}))
    with pytest.raises(TrainingError, match=r"key\.json must be the key of a listening test"):
        read_answers([answers], key)


@pytest.mark.parametrize(
    ("given", "rule"),
    [
        ('{"test": "T"}', "must hold answers by the questions' numbers, not None"),
        ('{"test": "T", "answers": ["a"]}', "must hold answers by the questions' numbers"),
        ('{"test": "T", "answers": {"3": "a"}}', "must be a or b to one of 3 questions, not 'a' to '3'"),
        ('{"test": "T", "answers": {"-1": "a"}}', "must be a or b to one of 3 questions"),
        ('{"test": "T", "answers": {"0": "c"}}', "must be a or b to one of 3 questions, not 'c' to '0'"),
        ('{"test": "T", "answers": {"0": null}}', "must be a or b to one of 3 questions, not None"),
        ("[]", "must be a JSON file of the listening test, not a list"),
    ],
)
def test_what_is_no_answer_is_refused(pairs: list[Pair], tmp_path: Path, given: str, rule: str) -> None:
    write_test(pairs, "fit-1", tmp_path)
    test = json.loads((tmp_path / "key.json").read_text())["test"]
    (tmp_path / "answers.json").write_text(given.replace("T", test))
    with pytest.raises(TrainingError, match=rule):
        read_answers([tmp_path / "answers.json"], tmp_path / "key.json")


def test_the_binomial_test_is_one_sided() -> None:
    assert binomial_p(0, 10) == 1.0
    assert binomial_p(10, 10) == pytest.approx(2**-10)
    assert binomial_p(15, 20) == pytest.approx(0.0207, abs=1e-4)
    assert binomial_p(1100, 2000) == pytest.approx(4.3e-6, rel=0.05)


@pytest.mark.host
@pytest.mark.timeout(400)
def test_a_listener_clicks_through_the_page_and_saves_the_answers(pairs: list[Pair], tmp_path: Path) -> None:
    page = write_test(pairs, "fit-1", tmp_path)
    browser = _chromium(tmp_path)
    try:
        browser.get(page.as_uri())
        save = browser.find_element("id", "save")
        assert not save.is_enabled()
        for number, choice in enumerate("bab"):
            browser.find_element("id", f"q{number}{choice}").click()
        lengths = browser.execute_async_script(_LOAD_ALL)
        assert lengths == pytest.approx([0.25] * 6, abs=0.05)
        save.click()
        saved = tmp_path / "answers.json"
        for _ in range(100):
            if saved.exists() and saved.stat().st_size:
                break
            time.sleep(0.1)
    finally:
        browser.quit()
    assert read_answers([saved], tmp_path / "key.json").fitting == 3


_LOAD_ALL = """
const done = arguments[arguments.length - 1];
const players = [...document.querySelectorAll("audio")];
Promise.all(players.map((audio) => new Promise((resolve) => {
  audio.addEventListener("loadedmetadata", () => resolve(audio.duration));
  audio.addEventListener("error", () => resolve(-1));
  audio.preload = "metadata";
  audio.load();
}))).then(done);
"""


def _chromium(downloads: Path) -> Any:
    """A headless Chromium that saves into a folder; the test is skipped where there is none."""
    webdriver = pytest.importorskip("selenium.webdriver")
    program = shutil.which("chromium")
    driver = shutil.which("chromedriver")
    if program is None or driver is None:
        pytest.skip("chromium and chromium-driver must be installed")
    options = webdriver.ChromeOptions()
    options.binary_location = program
    for argument in ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage"):
        options.add_argument(argument)
    options.add_experimental_option("prefs", {"download.default_directory": str(downloads)})
    return webdriver.Chrome(options=options, service=webdriver.ChromeService(driver))
