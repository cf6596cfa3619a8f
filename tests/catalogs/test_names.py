"""What names as they are found on producers' disks say: role, tempo, key, note, kind, pack."""

import pytest

from timbred_catalogs.name_facts import Estimate, key_of, kind_of, pack_of, pitch_of, tempo_of
from timbred_catalogs.role_names import FOLDER_CONFIDENCE, NAME_CONFIDENCE, SHORT_CONFIDENCE, guess_role

ROLES_BY_NAME = [
    ("BD 808", [], "kick"),
    ("BD0010", [], "kick"),
    ("KickHard01", [], "kick"),
    ("KICK_dusty-3", [], "kick"),
    ("Kik_02", [], "kick"),
    ("909 Bass Drum", [], "kick"),
    ("Bassdrum-04", [], "kick"),
    ("10-KdrumL", [], "kick"),
    ("SD01", [], "snare"),
    ("SD 75 10", ["TR-808"], "snare"),
    ("Snare_Tight", [], "snare"),
    ("RimShot", [], "snare"),
    ("808 Rim", [], "snare"),
    ("Snr Fat", [], "snare"),
    ("Clap 1", [], "clap"),
    ("HandClap", [], "clap"),
    ("CP", ["TR-808"], "clap"),
    ("CH", [], "closed_hat"),
    ("CHH_02", ["Drums"], "closed_hat"),
    ("HH Closed 3", [], "closed_hat"),
    ("Closed Hat", [], "closed_hat"),
    ("HiHat_07", [], "closed_hat"),
    ("hh-pedal", [], "closed_hat"),
    ("OH25", [], "open_hat"),
    ("Open Hat 2", [], "open_hat"),
    ("HiHat Open", [], "open_hat"),
    ("OpenHH_dirty", [], "open_hat"),
    ("Hi Hat Opened", [], "open_hat"),
    ("Hat Op Dirty", [], "open_hat"),
    ("Floor Tom", [], "tom"),
    ("LT75", ["808"], "tom"),
    ("Tom_hi", [], "tom"),
    ("Crash 16in", [], "cymbal"),
    ("RideBell", [], "cymbal"),
    ("CY0010", [], "cymbal"),
    ("Shaker", [], "percussion"),
    ("Perc Shaker 4", [], "percussion"),
    ("CowBell", [], "percussion"),
    ("Conga Low", [], "percussion"),
    ("Sub Bass C", [], "bass"),
    ("808 Bass", [], "bass"),
    ("Reese_F#", [], "bass"),
    ("Acid Bass 3", [], "bass"),
    ("Rhodes C3", [], "keys"),
    ("EP1", [], "keys"),
    ("Grand Piano A2", [], "keys"),
    ("Hammond B3", [], "organ"),
    ("Gtr muted", [], "guitar"),
    ("Cello_legato_C2", [], "strings"),
    ("Trumpet stab", [], "brass"),
    ("Flute G4", [], "wind"),
    ("AltoSax", [], "wind"),
    ("Lead 5", [], "lead"),
    ("WarmPad", [], "pad"),
    ("Dark Drone", [], "pad"),
    ("Pluck-Bright", [], "pluck"),
    ("Kalimba", [], "pluck"),
    ("Marimba C4", [], "mallet"),
    ("Vox Ahh", [], "vocal"),
    ("Choir_A", [], "vocal"),
    ("Riser 8 bars", [], "effect"),
    ("FX_Impact", [], "effect"),
    ("Crash FX", [], "cymbal"),
    ("glitch_perc5", [], "percussion"),
    ("01", ["Dusty", "Snares"], "snare"),
    ("dusty-7", ["Pack", "Drums", "Kicks"], "kick"),
    ("caja", [], "snare"),
    ("Hot 1", ["Hihats"], "closed_hat"),
    ("Hot 1", ["Open Hi-Hats"], "open_hat"),
    ("Hat 1", ["Drums", "Open Hats"], "open_hat"),
    ("HH 1", ["Hi Hats", "Open"], "open_hat"),
    ("01", ["Hats", "Open"], "open_hat"),
    ("Hat 2", ["Open and Closed Hats", "Closed"], "closed_hat"),
    ("Closed Hat", ["Open Hats"], "closed_hat"),
    ("Hat 01", ["Oh My Pack", "Hats"], "closed_hat"),
    ("Hat 01", ["Hats", "OH"], "open_hat"),
    ("Hot 1", ["Shakers"], "percussion"),
    ("Hot 1", ["Crashes"], "cymbal"),
    ("Hot 1", ["Bass Drums"], "kick"),
    ("Hot 1", ["Uplifters"], "effect"),
    ("Zay (C)", ["808s"], "bass"),
    ("909 OH 03", [], "open_hat"),
    ("TR-808 CH", [], "closed_hat"),
    ("VES2 CH 12", ["VES2 Closed Hihats"], "closed_hat"),
    ("Bass Guitar", [], "bass"),
    ("Bassline 110 Gm", [], "bass"),
    ("Lead Vocal 2", [], "vocal"),
    ("Lead Guitar", [], "guitar"),
    ("Guitar Lead", [], "lead"),
    ("String Pad", [], "pad"),
    ("Sub Kick", [], "kick"),
    ("Sub Drop 2", [], "effect"),
    ("violin_pizzicato01", [], "strings"),
    ("Guitar Loop Key of G", [], "guitar"),
    ("1", ["Große Trommel"], "kick"),
    ("2", ["Charley ouvert"], "open_hat"),
    ("Platillos 3", [], "cymbal"),
    ("スネア 7", [], "snare"),
    ("grosse caisse 2", [], "kick"),
]

UNKNOWN = [
    *("Untitled", "Padded Room", "SDcard dump", "Ch 3 interview", "Classical", "Kickstart"),
    *("drum_bass_hard", "Key Drop", "TR-808 C"),
    *("Bassoonist Smith", "track 12", "Leader", "Tomorrow", "Hatred", "Crashing waves"),
]
CONTRADICTORY = ["Kick Bass", "Snare + Clap", "Piano + Strings", "Kick Lead"]


@pytest.mark.parametrize("name, folders, role", ROLES_BY_NAME)
def test_a_name_says_its_role(name: str, folders: list[str], role: str) -> None:
    guess = guess_role(name, folders)
    assert guess.role == role
    assert guess.confidence >= SHORT_CONFIDENCE


@pytest.mark.parametrize("name", UNKNOWN)
def test_words_that_only_hold_a_roles_name_say_nothing(name: str) -> None:
    assert guess_role(name).role is None


@pytest.mark.parametrize("name", CONTRADICTORY)
def test_two_roles_in_one_name_cancel_out(name: str) -> None:
    guess = guess_role(name, ["Kicks"])
    assert (guess.role, guess.confidence, guess.source) == (None, 0.0, None)


def test_the_source_and_its_confidence_are_told() -> None:
    assert (guess_role("Kick").source, guess_role("Kick").confidence) == ("name", NAME_CONFIDENCE)
    assert guess_role("BD").confidence == SHORT_CONFIDENCE
    by_folder = guess_role("01", ["Kicks"])
    assert (by_folder.source, by_folder.confidence) == ("folder", FOLDER_CONFIDENCE)


def test_the_files_own_name_stands_above_its_folder() -> None:
    assert guess_role("Snare", ["Kicks"]).role == "snare"
    assert guess_role("1", ["Kicks", "Snares"]).role == "snare"


@pytest.mark.parametrize("pack", ["Drum & Bass Vol 1", "Future Bass", "Drum_n_Bass", "Vocal House"])
def test_a_kind_of_music_is_no_role(pack: str) -> None:
    assert guess_role("01", [pack]).role is None
    assert guess_role("01", [pack, "Kicks"]).role == "kick"
    assert guess_role(f"{pack} Pad").role == "pad"
    assert guess_role("uk bass 01").role == "bass"


@pytest.mark.parametrize(
    "name, folders, seconds, tempo",
    [
        ("Loop_120bpm", [], 3.1, Estimate(120, 0.95)),
        ("BPM 92.5 groove", [], 3.1, Estimate(92.5, 0.95)),
        ("DnB-174 BPM", [], 1.0, Estimate(174, 0.95)),
        ("Funk 100 loop", [], 9.6, Estimate(100, 0.8)),
        ("Beat_125_A", [], 7.68, Estimate(125, 0.8)),
        ("Beat_125_A", [], 5.76, Estimate(125, 0.6)),
        ("Stab 120", [], 2.0, Estimate(120, 0.6)),
        ("kick ²", [], 2.0, None),
        ("Stab_120_Em", [], 2.0, Estimate(120, 0.8)),
        ("sm101_kl_125_thud", [], 7.68, Estimate(125, 0.8)),
        ("Beat 92,5 BPM", [], 3.0, Estimate(92.5, 0.95)),
        ("Gabber 230 BPM", [], 3.0, Estimate(230, 0.95)),
        ("Lead x", ["Loops 100 BPM"], 3.0, Estimate(100, 0.85)),
        ("Top 140", ["Loops"], 2.2, Estimate(140, 0.4)),
        ("Kick 120", [], 0.3, None),
        ("Kick 808", [], 2.0, None),
        ("Song 999bpm", [], 2.0, None),
        ("Take 100 of 120 loop", [], 9.6, Estimate(100, 0.8)),
        ("Take 100 of 120 loop", [], 9.1, None),
    ],
)
def test_a_name_says_its_tempo(name: str, folders: list[str], seconds: float, tempo: Estimate | None) -> None:
    assert tempo_of(name, folders, seconds) == tempo


@pytest.mark.parametrize(
    "name, key",
    [
        ("Bass_Am_120", ("A minor", 0.9)),
        ("Pad F#min", ("F# minor", 0.9)),
        ("Keys C_major", ("C major", 0.9)),
        ("Lead Eb", ("Eb", 0.6)),
        ("Chord Bbmaj", ("Bb major", 0.9)),
        ("Reese_G", ("G", 0.4)),
        ("808 (C)", ("C", 0.4)),
        ("strum_amin_90", ("A minor", 0.9)),
        ("pad_f#maj", ("F# major", 0.9)),
        ("Chord Am7", ("A minor", 0.9)),
        ("Strum Em 90bpm", ("E minor", 0.9)),
        ("I Am Ready", ("A minor", 0.4)),
        ("Let Em Know", ("E minor", 0.4)),
        ("Admin", None),
        ("gmind", None),
        ("A Kick", None),
        ("Pad C3", None),
        ("Ambient", None),
        ("Big Drum", None),
    ],
)
def test_a_name_says_its_key(name: str, key: tuple[str, float] | None) -> None:
    assert key_of(name) == key


@pytest.mark.parametrize(
    "name, role, note",
    [
        ("Rhodes C4", "keys", 60.0),
        ("Pad A#2", "pad", 46.0),
        ("Violin Eb3", "strings", 51.0),
        ("Piano_F#-1", "keys", 6.0),
        ("Kick A1", "kick", None),
        ("Vox C44", "vocal", None),
        ("Pad", "pad", None),
    ],
)
def test_a_name_says_its_note(name: str, role: str, note: float | None) -> None:
    assert pitch_of(name, role) == (None if note is None else Estimate(note, 0.5))


@pytest.mark.parametrize(
    "name, folders, seconds, kind",
    [
        ("Kick", [], 0.4, "one_shot"),
        ("Pad", [], 12.0, "one_shot"),
        ("Drum Loop 3", [], 4.0, "loop"),
        ("120bpm top", [], 4.0, "loop"),
        ("01", ["Pack", "Drum Loops"], 4.0, "loop"),
        ("Kick 01", ["Pack", "Drum Loops and Hits"], 0.3, "one_shot"),
        ("tb303_01", ["samples", "bassloops"], 4.0, "loop"),
        ("drumloop1", [], 4.0, "loop"),
        ("909beat01", ["samples", "beats"], 4.0, "loop"),
        ("Kick", ["samples", "beats"], 0.4, "one_shot"),
        ("Heart Beat", [], 2.0, "one_shot"),
        ("one-shot 120bpm", [], 1.0, "one_shot"),
        ("Jam session loop", [], 600.0, "long"),
        ("Jam session", [], 55.0, "long"),
        ("One-Shot Drone", [], 55.0, "long"),
        ("Music Loop 70 BPM", [], 55.0, "loop"),
        ("Guitar_Strum_120", [], 8.0, "loop"),
        ("Snare Build", [], 15.0, "loop"),
        ("Snare Roll", [], 0.5, "one_shot"),
        ("Kick_01", ["Vendor_Pack_120bpm", "Drums"], 0.25, "one_shot"),
        ("Kick 01", ["120 BPM", "One Shots"], 2.0, "one_shot"),
        ("Top 01", ["120 BPM", "Tops"], 2.0, "loop"),
        ("Impact Build 2", ["V", "One Shots"], 3.0, "one_shot"),
        ("Crash 100", ["One Shots"], 4.8, "one_shot"),
        ("Piano 60", [], 8.0, "one_shot"),
        ("Rhodes 072", [], 6.667, "one_shot"),
        ("Funky 1", ["Loops", "Drums", "Full", "120"], 8.0, "loop"),
        ("Kick 01", ["Loops and Samples", "Drums", "Kicks"], 0.6, "one_shot"),
        ("01", ["Loops", "Drums", "One Shots", "Kicks"], 0.6, "one_shot"),
    ],
)
def test_a_name_and_a_length_say_the_kind(name: str, folders: list[str], seconds: float, kind: str) -> None:
    assert kind_of(name, folders, seconds) == kind


@pytest.mark.parametrize(
    "path, pack",
    [
        ("Dusty/Kicks/a.wav", "Dusty"),
        ("Drums/Dusty Kit/Kicks/a.wav", "Dusty Kit"),
        ("Packs/Glass/a.wav", "Glass"),
        ("Drums/Kicks/a.wav", "Samples"),
        ("Open Hats/a.wav", "Samples"),
        ("Hi-Hats - Closed/a.wav", "Samples"),
        ("²/Kicks/a.wav", "²"),
        ("Loops/120/a.wav", "Samples"),
        ("Kit/Kicks/a.wav", "Kit"),
        ("a.wav", "Samples"),
        ("808/a.wav", "808"),
        ("Splice/sounds/packs/Deep House Vol 2/Loops/Drum_Loops/a.wav", "Deep House Vol 2"),
        ("Native Instruments/Lucid Mission Library/Samples/Drums/a.wav", "Lucid Mission Library"),
        ("Ableton/Factory Packs/Drum Essentials/Samples/a.wav", "Drum Essentials"),
        ("MPC/Expansions/The Hip Hop Expansion/a.wav", "The Hip Hop Expansion"),
        ("Cymatics/Cymatics - Oracle/a.wav", "Cymatics - Oracle"),
        ("Splice/Kicks/a.wav", "Splice"),
    ],
)
def test_the_pack_is_the_first_folder_that_is_more_than_an_order(path: str, pack: str) -> None:
    assert pack_of(f"/home/u/Samples/{path}", "/home/u/Samples") == pack


@pytest.mark.parametrize(
    "root, pack",
    [
        ("/usr/share/lmms/samples", "lmms"),
        ("/home/u/Dusty/Samples/Drums", "Dusty"),
        ("/home/u/Samples/Drums", "Drums"),
        ("/media/u/Disk/Samples", "Samples"),
        ("/mnt/disk/Samples", "Samples"),
        ("/home/u/Documents/Samples", "Samples"),
        ("/home/u/Desktop/Samples", "Samples"),
        ("/", "/"),
    ],
)
def test_where_no_folder_below_says_the_pack_those_above_are_asked(root: str, pack: str) -> None:
    assert pack_of(f"{root}/Kicks/a.wav", root) == pack
