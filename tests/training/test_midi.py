"""Scores: notes with their times, from MIDI files and from Slakh's layout."""

import struct
from pathlib import Path

import mido
import pytest
from toy_scores import write_score

from timbred_training.errors import TrainingError
from timbred_training.sources.midi import ScoreNote, find_scores, read_score


def test_notes_carry_their_seconds_whatever_the_tempo_does(tmp_path: Path) -> None:
    write_score(tmp_path / "a.mid")
    assert read_score(tmp_path / "a.mid") == [
        ScoreNote(0.0, 0.5, 40, 90, 33, False, 1),
        ScoreNote(0.5, 1.5, 43, 70, 33, False, 1),
    ]


def test_the_tenth_channel_plays_drums(tmp_path: Path) -> None:
    write_score(tmp_path / "a.mid", channel=9)
    assert all(note.is_drum for note in read_score(tmp_path / "a.mid"))


def test_a_slakh_track_takes_program_and_drums_from_its_metadata(tmp_path: Path) -> None:
    track = tmp_path / "Track00001"
    write_score(track / "all_src.mid")
    write_score(track / "MIDI" / "S00.mid")
    write_score(track / "MIDI" / "S01.mid")
    (track / "metadata.yaml").write_text(
        "stems:\n  S00: {is_drum: true, program_num: 128}\n  S01: {is_drum: false, program_num: 5}\n"
        "  S02: {is_drum: false, program_num: 9}\n"
    )
    write_score(tmp_path / "other" / "song.midi")
    (tmp_path / "other" / "._song.midi").write_bytes(b"Mac OS X")
    assert find_scores(tmp_path) == [track, tmp_path / "other" / "song.midi"]
    notes = read_score(track)
    assert {(n.track, n.program, n.is_drum) for n in notes} == {(0, 128, True), (1, 5, False)}
    assert len(notes) == 4


def test_what_is_no_score_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.mid").write_bytes(b"RIFF")
    with pytest.raises(TrainingError, match=r"a\.mid"):
        read_score(tmp_path / "a.mid")
    with pytest.raises(TrainingError, match="has none"):
        find_scores(tmp_path / "nowhere")


def test_a_file_may_count_frames_of_film(tmp_path: Path) -> None:
    write_score(tmp_path / "a.mid")
    content = bytearray((tmp_path / "a.mid").read_bytes())
    content[12:14] = struct.pack(">bB", -25, 40)
    (tmp_path / "a.mid").write_bytes(content)
    times = [(note.start_seconds, note.end_seconds) for note in read_score(tmp_path / "a.mid")]
    assert times == [(0.0, 0.1), (0.1, 0.2)]


def test_a_file_that_breaks_off_says_so(tmp_path: Path) -> None:
    write_score(tmp_path / "a.mid")
    (tmp_path / "a.mid").write_bytes((tmp_path / "a.mid").read_bytes()[:-8])
    with pytest.raises(TrainingError, match=r"a\.mid: it breaks off$"):
        read_score(tmp_path / "a.mid")


def test_tracks_that_are_songs_of_their_own_are_refused(tmp_path: Path) -> None:
    file = mido.MidiFile(type=2)
    file.tracks += [mido.MidiTrack(), mido.MidiTrack()]
    file.save(tmp_path / "a.mid")
    with pytest.raises(TrainingError, match="must be one song"):
        read_score(tmp_path / "a.mid")


def test_a_track_whose_metadata_list_no_stems_is_refused(tmp_path: Path) -> None:
    write_score(tmp_path / "MIDI" / "S00.mid")
    (tmp_path / "metadata.yaml").write_text("stems: [S00]")
    with pytest.raises(TrainingError, match=r"metadata\.yaml must tell"):
        read_score(tmp_path)
