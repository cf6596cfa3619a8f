"""`timbred catalog` as a user meets it: through the real program, with a tiny model."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path

import pytest
import soundfile as sf
from catalog_program import install_model, run, values, write_tone
from tiny_instruments import write_sfz, write_soundfont
from tiny_synth import build_tiny_synth

from timbred.__main__ import main
from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.errors import CatalogError


def main_says(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """What stands on stderr of a command that ends with status 2."""
    monkeypatch.setattr(sys, "argv", ["timbred", "catalog", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr()
    assert (ended.value.code, said.out) == (2, "")
    return said.err


def program(home: Path, *words: str) -> "subprocess.Popen[str]":
    environment: Mapping[str, str] = {**os.environ, "PYTHONUNBUFFERED": "1"}
    command = [sys.executable, "-m", "timbred", "catalog", *words]
    return subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment,
        cwd=home,
        preexec_fn=_hear_ctrl_c,
    )


def _hear_ctrl_c() -> None:
    """A shell starts what runs in its background deaf to Ctrl-C, and so is what that starts."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def test_add_says_what_it_did_and_takes_only_what_is_new(home: Path) -> None:
    assert run("add", str(home / "Samples")).stdout == "3 added, 0 moved, 0 unchanged, 0 unreadable\n"
    write_tone(home / "Samples" / "new.wav", 900.0)
    (home / "Samples" / "empty.wav").write_bytes(b"")
    assert run("add", str(home / "Samples")).stdout == "1 added, 0 moved, 3 unchanged, 1 unreadable\n"
    assert run("add", str(home / "Samples")).stdout == "0 added, 0 moved, 4 unchanged, 1 unreadable\n"
    assert values("add", str(home / "Samples"))[0]["unchanged"] == 4


def test_info_counts_and_lists_the_unreadable(home: Path) -> None:
    (home / "Samples" / "empty.wav").write_bytes(b"")
    run("add", str(home / "Samples"))
    [state] = values("info")
    assert (state["sounds"], state["unreadable"], state["missing"]) == (3, 1, 0)
    assert state["by_role"] == {"kick": 1, "snare": 1, "pad": 1}
    assert state["by_pack"] == {"Dusty": 3}
    assert list(state["models"]) == ["descriptors"]
    said = run("info").stdout
    assert "3 sounds, 0 missing, 1 unreadable; 'timbred catalog info --unreadable' lists them" in said
    assert run("info", "--unreadable").stdout == f"{home}/Samples/empty.wav: empty file\n"
    assert values("info", "--unreadable")[0]["reason"] == "empty file"


def test_ls_narrows_by_every_option(home: Path) -> None:
    run("add", str(home / "Samples"))
    names = {value["name"] for value in values("ls")}
    assert names == {"Kick 01", "SD 01", "Pad Am"}
    assert [value["name"] for value in values("ls", "--role", "kick")] == ["Kick 01"]
    assert [value["name"] for value in values("ls", "pad am")] == ["Pad Am"]
    assert values("ls", "--kind", "loop") == []
    assert len(values("ls", "--pack", "Dusty", "--limit", "2")) == 2
    assert "2 of 3; --limit shows more" in run("ls", "--limit", "2").stdout
    assert "~A minor" in run("ls").stdout


def test_search_finds_the_file_itself_first(home: Path) -> None:
    run("add", str(home / "Samples"))
    like = home / "Samples" / "Dusty" / "Snares" / "SD 01.wav"
    hits = values("search", "--like", str(like))
    assert hits[0]["name"] == "SD 01"
    assert hits[0]["similarity"] == pytest.approx(1.0, abs=1e-4)
    assert [hit["role"] for hit in values("search", "--like", str(like), "--role", "kick")] == ["kick"]
    assert "SD 01" in run("search", "--like", str(like)).stdout


def test_an_instrument_is_an_example_too_and_has_a_file_to_play(home: Path) -> None:
    sfz = write_sfz(home / "Samples" / "Dusty")
    run("add", str(home / "Samples"))
    hits = values("search", "--like", str(sfz))
    assert (hits[0]["name"], hits[0]["similarity"]) == ("Warm Bass", pytest.approx(1.0, abs=1e-4))
    [note] = values("preview", str(sfz))
    assert sf.info(note["file"]).duration == pytest.approx(1.0, abs=0.2)
    tone = home / "Samples" / "Dusty" / "Pads" / "Pad Am.wav"
    assert run("preview", str(tone)).stdout == f"{tone}\n"
    assert [sound["name"] for sound in values("preview", str(tone), str(sfz))] == ["Pad Am", "Warm Bass"]
    tone.unlink()
    with pytest.raises(CatalogError, match=f"{tone} is not there"):
        run("preview", str(tone))
    sfz.write_text("no header")
    with pytest.raises(CatalogError, match=f"{sfz}: names no sample"):
        run("search", "--like", str(sfz))


def test_a_soundfont_is_an_example_by_one_of_its_presets(home: Path) -> None:
    pytest.importorskip("tinysoundfont")
    font = write_soundfont(home / "GM.sf2", [(0, 0, "Piano", 261.63), (0, 38, "Synth Bass 1", 110.0)])
    run("add", str(font))
    assert values("search", "--like", f"{font}#0:38")[0]["name"] == "Synth Bass 1"
    with pytest.raises(CatalogError, match=r"one of its presets must be named, as FILE\.sf2#BANK:PROGRAM"):
        run("search", "--like", str(font))


@pytest.mark.host
def test_a_plugin_is_an_example_as_it_opens_or_by_one_of_its_programs(home: Path) -> None:
    bundle = build_tiny_synth(home / "Plugins")
    run("add", str(bundle))
    assert values("search", "--like", f"{bundle}#Deep-Bass")[0]["name"] == "Deep/Bass"
    assert values("search", "--like", str(bundle))[0]["name"] in ("Tiny Synth", "Warm Pad")
    [note] = values("preview", f"{bundle}#Glass Lead")
    assert sf.info(note["file"]).duration == pytest.approx(2.0, abs=0.2)
    with pytest.raises(CatalogError, match="it has no program Nothing"):
        run("search", "--like", f"{bundle}#Nothing")


def test_search_takes_words_facts_and_a_sound_together(home: Path) -> None:
    write_tone(home / "Samples" / "Dusty" / "Loops" / "Kick loop 120bpm.wav", 120.0)
    write_tone(home / "Samples" / "Dusty" / "Loops" / "Kick loop 90bpm.wav", 2000.0)
    run("add", str(home / "Samples"))
    like = str(home / "Samples" / "Dusty" / "Kicks" / "Kick 01.wav")
    dusty_kicks = ["search", "dusty kick", "--role", "kick"]
    assert [hit["similarity"] for hit in values(*dusty_kicks)] == [None] * 3
    near = [hit["name"] for hit in values(*dusty_kicks, "--like", like)]
    assert near == ["Kick 01", "Kick loop 120bpm", "Kick loop 90bpm"]
    assert next(hit["name"] for hit in values("search", "kick", "--tempo", "88-92")) == "Kick loop 90bpm"
    assert [hit["name"] for hit in values("search", "--tempo", "120", "--strict")] == ["Kick loop 120bpm"]
    assert [hit["name"] for hit in values("search", "--key", "am", "--strict")] == ["Pad Am"]
    assert [hit["name"] for hit in values("search", "kick", "--kind", "one_shot")] == ["Kick 01"]
    assert "Kick 01" in run("search", "kick", "--pack", "Dusty", "--limit", "3").stdout


def test_tags_favourites_and_roles_are_kept(home: Path) -> None:
    run("add", str(home / "Samples"))
    [kick] = values("ls", "--role", "kick")
    assert values("tag", kick["id"][:8], "--add", "mine", "--role", "tom") == [{"changed": 1}]
    assert values("favourite", str(home / "Samples" / "Dusty" / "Pads")) == [{"changed": 1}]
    assert [value["name"] for value in values("ls", "--tag", "mine", "--role", "tom")] == ["Kick 01"]
    assert [value["name"] for value in values("ls", "--favourites")] == ["Pad Am"]
    values("favourite", "--off", str(home / "Samples"))
    assert values("ls", "--favourites") == []


@pytest.mark.parametrize("name, added", [("all.csv", 0), ("all.parquet", 3)])
def test_an_export_brings_tags_back(home: Path, name: str, added: int) -> None:
    run("add", str(home / "Samples"))
    [kick] = values("ls", "--role", "kick")
    run("tag", kick["id"], "--add", "mine")
    assert run("export", str(home / name)).stdout == f"3 sounds written to {home / name}\n"
    if added:
        assert values("import", str(home / name), "--catalog", str(home / "new"))[0]["added"] == added
        assert [value["tags"] for value in values("ls", "mine", "--catalog", str(home / "new"))] == [["mine"]]
    run("tag", kick["id"], "--remove", "mine")
    assert run("import", str(home / name)).stdout == "1 marked, 0 added\n"
    assert [value["name"] for value in values("ls", "--tag", "mine")] == ["Kick 01"]


def test_rm_asks_and_leaves_the_files(home: Path) -> None:
    run("add", str(home / "Samples"))
    folder = str(home / "Samples" / "Dusty" / "Kicks")
    run("rm", folder, answer="n\n", status=1)
    assert len(values("ls")) == 3
    assert "took 1 sound out" in run("rm", folder, answer="y\n").stdout
    assert values("rm", "--yes", str(home / "Samples")) == [{"removed": 2, "unreadable": 0, "kept": 0}]
    assert len(list((home / "Samples").rglob("*.wav"))) == 3


def test_rm_takes_unreadable_files_off_the_list(home: Path) -> None:
    (home / "Samples" / "Dusty" / "Kicks" / "empty.wav").write_bytes(b"")
    run("add", str(home / "Samples"))
    said = run("rm", str(home / "Samples" / "Dusty" / "Kicks"), "--yes").stdout
    assert said.startswith("took 1 sound and 1 unreadable file out of the catalogue")
    assert values("info")[0]["unreadable"] == 0


def test_rm_of_a_copy_says_what_it_took(home: Path) -> None:
    kick = home / "Samples" / "Dusty" / "Kicks" / "Kick 01.wav"
    copy = kick.with_name("a copy.wav")
    shutil.copy(kick, copy)
    run("add", str(home / "Samples"))
    said = run("rm", str(copy), "--yes").stdout
    assert said == (
        "took 1 file out of the catalogue; the files are where they were; "
        "1 sound with a copy elsewhere stayed\n"
    )
    assert len(values("ls")) == 3


def test_duplicates_name_a_preset_and_no_size_of_it(home: Path) -> None:
    font = write_soundfont(
        home / "Samples" / "tiny.sf2", [(0, 38, "Deep Bass", 110.0), (0, 39, "Bass", 110.0)]
    )
    other = write_soundfont(home / "Samples" / "other.sf2", [(8, 1, "Bass Again", 110.0)])
    run("add", str(home / "Samples"))
    lines = [line for line in run("duplicates").stdout.splitlines() if ".sf2" in line]
    places = [line.split("  ", 3)[3] for line in lines]
    assert len(places) == 2
    assert set(places) < {f"{other}#8:1  Bass Again", f"{font}#0:38  Deep Bass", f"{font}#0:39  Bass"}
    assert f"{other}#8:1  Bass Again" in places
    assert all(float(line.split()[0]) >= 0.97 for line in lines)


def test_a_search_takes_a_role_for_its_word_and_minds_no_case(home: Path) -> None:
    write_tone(home / "Samples" / "Dusty" / "Kicks" / "BD_02.wav", 77.0)
    run("add", str(home / "Samples"))
    assert [value["name"] for value in values("search", "kick", "--pack", "DUSTY")] == ["Kick 01", "BD_02"]
    assert [value["name"] for value in values("ls", "--pack", "dusty", "--role", "snare")] == ["SD 01"]


@pytest.mark.parametrize("columns", ["40", "80", "120"])
def test_a_narrow_terminal_gets_one_line_a_sound_with_its_whole_id_and_part_of_its_name(
    home: Path, monkeypatch: pytest.MonkeyPatch, columns: str
) -> None:
    write_tone(home / "Samples" / "A pack with a long name" / ("Kick with a long name " * 5 + ".wav"), 900.0)
    run("add", str(home / "Samples"))
    run("tag", str(home / "Samples"), *(word for n in range(9) for word in ("--add", f"a long tag {n}")))
    monkeypatch.setenv("COLUMNS", columns)
    lines = run("ls").stdout.splitlines()
    assert len(lines) == 1 + 4
    assert all(len(line) <= int(columns) for line in lines)
    assert {line.split()[0] for line in lines[1:]} == {value["id"][:8] for value in values("ls")}
    assert any("Kick with a" in line for line in lines)


def test_a_narrow_terminal_gets_bars_beside_whole_names(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_tone(home / "Samples" / "A pack with a long name" / "Kick.wav", 900.0)
    run("add", str(home / "Samples"))
    monkeypatch.setenv("COLUMNS", "40")
    lines = run("info").stdout.splitlines()
    assert any(line.startswith("A pack with a long name") and "█" in line for line in lines)
    assert all(len(line) <= 40 for line in lines[2:])


def test_nothing_is_cut_for_another_program(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("COLUMNS")
    name = "Kick with a long name " * 8
    write_tone(home / "Samples" / f"{name}.wav", 900.0)
    run("add", str(home / "Samples"))
    assert name in run("ls").stdout
    assert run("ls", "no such sound").stdout == "no sound fits\n"


def test_another_model_is_refused_and_rebuild_mends_it(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run("add", str(home / "Samples"))
    install_model(home, "timbre")
    said = main_says(monkeypatch, capsys, "add", str(home / "Samples"))
    assert said.endswith(
        "the catalogue has no timbre vectors: run 'timbred catalog rebuild --space timbre'\n"
    )
    rebuilt = values("rebuild")
    assert [(value["space"], value["embedded"]) for value in rebuilt] == [("timbre", 3), ("descriptors", 0)]
    run("add", str(home / "Samples"))


def test_a_catalogue_may_be_anywhere(home: Path) -> None:
    run("add", str(home / "Samples"), "--catalog", str(home / "other"))
    assert len(values("ls", "--catalog", str(home / "other"))) == 3
    assert not (home / "data" / "catalog").exists()


@pytest.mark.parametrize(
    "words, message",
    [
        (["ls"], "there is no catalogue at {home}/data/catalog: 'timbred catalog add FOLDER' makes one"),
        (["add", "/nowhere"], "there is no file or folder /nowhere"),
        (["add", "/" + "x" * 300], "there is no file or folder /xxx"),
        (["add", "~nosuchuser/x"], "there is no file or folder ~nosuchuser/x"),
        (["watch", "~nosuchuser/x"], "a folder to watch must be there, not ~nosuchuser/x"),
        (["ls", "--catalog", "~nosuchuser/x"], "there is no catalogue at ~nosuchuser/x: "),
        (["ls", "--catalog", "nosuch://x"], "cannot open a catalogue at nosuch://x: "),
        (["ls", "--role", "snair"], "role must be one of kick, snare, "),
        (
            ["search", "--like", "x.wav", "--kind", "hit"],
            "kind must be one of one_shot, loop, long, instrument, not hit",
        ),
        (["search"], "search must be told what to find: words, --like FILE, or an option that narrows"),
        (["search", "x", "--tempo", "fast"], "tempo must be beats a minute like 120 or 118-124, not fast"),
        (
            ["search", "x", "--tempo", "124-118"],
            "tempo must be beats a minute like 120 or 118-124, not 124-118",
        ),
        (["search", "--like", "/nowhere.wav"], "there is no catalogue at {home}/data/catalog"),
        (["export", "all.xls"], "there is no catalogue at {home}/data/catalog"),
        (["import", "all.xls"], "the file must end in .parquet or .csv, not all.xls"),
        (["import", "no.parquet"], "no.parquet is no Parquet file that can be read: "),
        (["watch"], "watch must be told a folder, or find some in the setting catalog.watch"),
        (["watch", "/nowhere"], "a folder to watch must be there, not /nowhere"),
        (["tag", "abcdef"], "tag must be told what to change: --add, --remove or --role"),
        (["tag", "abcdef", "--add", "x", "--role", "gong"], "role must be one of kick, snare, "),
        (
            ["tag", "abcdef", "--add", "x", "--remove", "x"],
            "a tag must be given or taken away, not both: x",
        ),
        (["add", ""], "a file or folder must have a name, not ''"),
        (["watch", ""], "a file or folder must have a name, not ''"),
        (["add", "x", "--ray-address", "localhost:1"], "--ray-address needs --engine ray"),
        (
            ["search", "   "],
            "search must be told what to find: words, --like FILE, or an option that narrows",
        ),
        (["search", "x", "--space", "fit.sample"], "--space needs --like"),
        (["info", "--unreadable", "--html", "x"], "one of --unreadable and --html must be given, not both"),
        (["info", "--replace"], "--replace needs --html"),
        (["duplicates", "--copies", "--space", "x"], "one of --copies and --space must be given, not both"),
        (
            ["duplicates", "--copies", "--cosine", "0.9"],
            "one of --copies and --cosine must be given, not both",
        ),
        (["migrate"], "there is no catalogue at {home}/data/catalog: 'timbred catalog add FOLDER' makes one"),
    ],
)
def test_what_a_user_can_mend_is_one_sentence(
    home: Path,
    words: list[str],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    said = main_says(monkeypatch, capsys, *words)
    assert said.startswith("timbred: " + message.format(home=home))
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    "words, message",
    [
        (["export", "~nosuchuser/x.csv"], "~nosuchuser/x.csv cannot be written: "),
        (["import", "~nosuchuser/x.csv"], "~nosuchuser/x.csv is no CSV file that can be read: "),
        (["info", "--html", "~nosuchuser/x.html"], "~nosuchuser/x.html cannot be written: "),
        (["search", "--like", "~nosuchuser/x.wav"], "~nosuchuser/x.wav: "),
        (["rm", "~nosuchuser/x.wav"], "no sound of the catalogue has the id or lies at ~nosuchuser/x.wav"),
    ],
)
def test_a_user_that_there_is_not_is_one_sentence(
    home: Path,
    words: list[str],
    message: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    run("add", str(home / "Samples"))
    said = main_says(monkeypatch, capsys, *words)
    assert said.startswith("timbred: " + message) and said.count("\n") == 1


def test_a_file_here_may_begin_with_a_tilde(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(home)
    run("add", str(home / "Samples"))
    run("export", "~backup.csv")
    assert (home / "~backup.csv").exists()
    assert run("import", "~backup.csv").stdout


def test_an_older_schema_is_refused_and_migrate_is_named(
    home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    run("add", str(home / "Samples"))
    assert run("migrate").stdout == "nothing to do: the catalogue has this timbred's schema version\n"
    opened = Catalogue.open(home / "data" / "catalog", mode="write")
    opened.tables.set_meta({"schema_version": "0"})
    assert main_says(monkeypatch, capsys, "ls").endswith("run 'timbred catalog migrate'\n")


def test_nothing_but_the_answer_reaches_the_terminal(home: Path) -> None:
    added = program(home, "add", str(home / "Samples"))
    out, err = added.communicate(timeout=60)
    assert (out, err) == ("3 added, 0 moved, 0 unchanged, 0 unreadable\n", "")


@pytest.mark.slow
def test_ctrl_c_ends_a_run_in_order(home: Path) -> None:
    install_model(home, "timbre")  # hides the shipped one from the program too
    for number in range(1500):
        write_tone(home / "many" / f"{number}.wav", 100.0 + number)
    running = program(home, "add", str(home / "many"), "--workers", "1")
    lock = home / "data" / "catalog" / ".writer.lock"
    while not lock.exists():
        time.sleep(0.01)
        assert running.poll() is None
    time.sleep(0.7)
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=60)
    assert running.returncode == 130, (out, err)
    assert out.startswith("stopped; ")
    assert "run it again to go on" in out
    [summary] = values("add", str(home / "many"))
    assert summary["added"] + summary["unchanged"] == 1500
    assert values("info")[0]["sounds"] == 1500
