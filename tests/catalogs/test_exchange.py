"""Export and import: there and back row by row, and every bad file one sentence."""

import csv
import platform
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.embedder import Embedder
from timbred_catalogs.errors import CatalogError
from timbred_catalogs.exporting import export
from timbred_catalogs.filters import Where
from timbred_catalogs.importing import Imported, import_file
from timbred_catalogs.ingest import ingest
from timbred_catalogs.marks import change_tags, set_favourite, set_role
from timbred_catalogs.sound import Sound
from timbred_catalogs.summary import Summary

MakeWav = Callable[..., Path]
MakeSound = Callable[..., Sound]
TAGS = ("warm", "semi;colon", "back\\slash", "two words", "\u30ad\u30c3\u30af")


@pytest.fixture
def library(tmp_path: Path, make_wav: MakeWav) -> Path:
    for number in range(6):
        make_wav(tmp_path / "lib" / f"Kick {number}.wav", number)
    make_wav(tmp_path / "lib" / '\u30ad\u30c3\u30af, "quoted" \udce9.wav', 9)
    return tmp_path / "lib"


@pytest.fixture
def filled(tmp_path: Path, library: Path, embedder: Embedder) -> Catalogue:
    """Seven sounds, of which one is tagged, one a favourite, one a tom by the user's word, one gone."""
    catalogue = Catalogue.open(tmp_path / "one", mode="create")
    ingest(catalogue, [library], [embedder])
    ids = [sound.id for sound in catalogue.sounds()]
    change_tags(catalogue, ids[:1], TAGS)
    set_favourite(catalogue, ids[1:2], True)
    set_role(catalogue, ids[2:3], "tom")
    (library / "Kick 5.wav").unlink()
    ingest(catalogue, [library], [embedder])
    return catalogue


def all_of(catalogue: Catalogue) -> dict[str, Sound]:
    sounds = [*catalogue.sounds(), *catalogue.sounds(Where(missing=True))]
    return {sound.id: sound for sound in sounds}


def marks_of(catalogue: Catalogue) -> dict[str, tuple[object, ...]]:
    return {s.id: (set(s.tags), s.favourite, s.role, s.role_source) for s in all_of(catalogue).values()}


def test_parquet_brings_a_whole_catalogue_back_row_by_row(
    tmp_path: Path, filled: Catalogue, library: Path, embedder: Embedder
) -> None:
    assert export(filled, tmp_path / "all.parquet") == 7
    other = Catalogue.open(tmp_path / "other", mode="create")
    assert import_file(other, tmp_path / "all.parquet") == Imported(added=7, missing=1)
    assert all_of(other) == all_of(filled)
    assert other.spaces() == filled.spaces()
    ids = list(all_of(filled))
    assert np.allclose(other.vectors("timbre", ids), filled.vectors("timbre", ids), atol=1e-6)
    export(other, tmp_path / "again.parquet")
    columns = ["id", "path", "path_bytes", "tags", "favourite", "role", "added_at", "duration_seconds"]
    assert pq.read_table(tmp_path / "again.parquet", columns=columns).sort_by("id") == pq.read_table(
        tmp_path / "all.parquet", columns=columns
    ).sort_by("id")
    assert ingest(other, [library], [embedder]) == Summary(unchanged=6), "the files are known too"
    assert import_file(other, tmp_path / "all.parquet") == Imported(), "a second time there is nothing to do"


def test_a_vst3_that_is_here_is_not_missing(tmp_path: Path, make_sound: MakeSound) -> None:
    binary = tmp_path / "Synth.vst3" / "Contents" / f"{platform.machine()}-linux" / "Synth.so"
    binary.parent.mkdir(parents=True)
    binary.write_bytes(b"a plugin")
    status = binary.stat()
    one, other = (Catalogue.open(tmp_path / name, mode="create") for name in ("one", "other"))
    path = str(tmp_path / "Synth.vst3")
    sound = make_sound(
        1, path=path, kind="instrument", size_bytes=status.st_size, mtime_ns=status.st_mtime_ns
    )
    one.declare_space("timbre", "model-1", 2)
    one.add([sound], {"timbre": np.ones((1, 2))})
    export(one, tmp_path / "all.parquet")
    assert import_file(other, tmp_path / "all.parquet") == Imported(added=1)


@pytest.mark.parametrize("name", ["marks.csv", "marks.parquet"])
def test_marks_come_back_onto_a_fresh_catalogue(
    tmp_path: Path, filled: Catalogue, library: Path, embedder: Embedder, name: str
) -> None:
    export(filled, tmp_path / name)
    fresh = Catalogue.open(tmp_path / "fresh", mode="create")
    ingest(fresh, [library], [embedder])
    gone = 1
    done = import_file(fresh, tmp_path / name)
    assert done.marked == 3
    assert (done.unknown, done.added) == ((gone, 0) if name.endswith("csv") else (0, gone))
    assert marks_of(fresh) == {key: said for key, said in marks_of(filled).items() if key in marks_of(fresh)}


def test_an_import_adds_and_takes_nothing_away(tmp_path: Path, filled: Catalogue) -> None:
    export(filled, tmp_path / "then.csv")
    sound = next(filled.sounds(Where(tags=["warm"])))
    change_tags(filled, [sound.id], add=["later"], remove=["warm"])
    set_favourite(filled, [sound.id], True)
    set_role(filled, [sound.id], "snare")
    import_file(filled, tmp_path / "then.csv")
    now = filled.by_id([sound.id])[sound.id]
    assert set(now.tags) == {*TAGS, "later"}
    assert (now.favourite, now.role) == (True, "snare")


def test_a_hand_made_list_needs_an_id_and_what_it_wants_to_say(tmp_path: Path, filled: Catalogue) -> None:
    first, second, third = list(all_of(filled))[:3]
    rows = f"id,role,tags,favourite\n{first},open_hat,bright; new,yes\n{second},,,\n{'f' * 32},kick,,\n"
    (tmp_path / "own.csv").write_text("\ufeff" + rows, encoding="utf-8")
    assert import_file(filled, tmp_path / "own.csv") == Imported(marked=1, unknown=1)
    sound = filled.by_id([first])[first]
    assert (sound.role, sound.role_source, sound.favourite) == ("open_hat", "user", True)
    assert {"bright", "new"} <= set(sound.tags)
    assert filled.by_id([third])[third].tags == ()


def test_a_guess_of_another_catalogue_is_no_users_word(tmp_path: Path, filled: Catalogue) -> None:
    export(filled, tmp_path / "all.csv")
    rows = list(csv.DictReader((tmp_path / "all.csv").open(encoding="utf-8")))
    assert {row["role_source"] for row in rows} >= {"name", "user"}
    assert import_file(filled, tmp_path / "all.csv") == Imported()


def test_a_role_that_is_not_said_to_be_the_users_is_counted(tmp_path: Path, filled: Catalogue) -> None:
    export(filled, tmp_path / "all.csv")
    rows = list(csv.DictReader((tmp_path / "all.csv").open(encoding="utf-8")))
    guessed = [row for row in rows if row["role_source"] == "name"]
    guessed[0]["role"] = "snare"
    with (tmp_path / "all.csv").open("w", encoding="utf-8", newline="") as text:
        writer = csv.DictWriter(text, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    done = import_file(filled, tmp_path / "all.csv")
    assert done == Imported(roles_left_out=1)
    assert done.sentence() == "0 marked, 0 added, 1 role left out: role_source is not user"
    assert "2 roles left out" in Imported(roles_left_out=2).sentence()


def test_rows_of_another_model_come_without_vectors(
    tmp_path: Path, filled: Catalogue, make_wav: MakeWav, make_embedder: Callable[[str], Embedder]
) -> None:
    export(filled, tmp_path / "all.parquet")
    other = Catalogue.open(tmp_path / "other", mode="create")
    ingest(other, [make_wav(tmp_path / "another.wav", 77)], [make_embedder("bands-2")])
    done = import_file(other, tmp_path / "all.parquet")
    assert (done.added, done.without) == (7, 7)
    assert "7 of them without vectors: 'timbred catalog rebuild' makes them" in done.sentence()
    assert np.isnan(other.vectors("timbre", list(all_of(filled)))).all()


def test_an_export_of_another_schema_gives_its_marks(tmp_path: Path, filled: Catalogue) -> None:
    export(filled, tmp_path / "all.parquet")
    table = pq.read_table(tmp_path / "all.parquet")
    old = {**(table.schema.metadata or {}), b"timbred.schema_version": b"0"}
    pq.write_table(table.replace_schema_metadata(old), tmp_path / "old.parquet")
    favourite = next(sound for sound in all_of(filled).values() if sound.favourite)
    set_favourite(filled, [favourite.id], False)
    assert import_file(filled, tmp_path / "old.parquet") == Imported(marked=1)


GOOD = "0" * 32


@pytest.mark.parametrize(
    "name, content, message",
    [
        ("a.txt", b"", r"the file must end in \.parquet or \.csv, not a\.txt"),
        ("a.csv", None, "a.csv is no CSV file that can be read: "),
        ("a.csv", b"name,tags\nx,y\n", "a.csv must have a column id, as 'timbred catalog export' writes"),
        ("a.csv", b"", "a.csv must have a column id"),
        ("a.csv", b"id;tags\nx;y\n", "a.csv must have a comma between its columns, not ';'"),
        ("a.csv", b"name\tid\nx\ty\n", r"a.csv must have a comma between its columns, not '\\t'"),
        ("a.csv", b"id\n\xff\xfe\n", "a.csv must be UTF-8: a spreadsheet's 'CSV UTF-8'"),
        (
            "a.csv",
            f"id\n{GOOD}\nkick\n".encode(),
            "row 2: id must be 32 hexadecimal digits, not 'kick'",
        ),
        ("a.csv", f"id,role\n{GOOD},gong\n".encode(), "a.csv, row 1: role must be one of kick, .*, not gong"),
        (
            "a.csv",
            f"id,favourite\n{GOOD},maybe\n".encode(),
            "row 1: favourite must be true or false, not",
        ),
        ("a.parquet", None, "a.parquet is no Parquet file that can be read: "),
        ("a.parquet", b"PAR1 but no more", "a.parquet is no Parquet file that can be read: "),
    ],
)
def test_a_bad_file_is_one_sentence_and_changes_nothing(
    tmp_path: Path, filled: Catalogue, name: str, content: bytes | None, message: str
) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    before = filled.version()
    with pytest.raises(CatalogError, match=message):
        import_file(filled, tmp_path / name)
    assert filled.version() == before


def test_a_parquet_file_that_is_not_what_it_says_is_refused(tmp_path: Path, filled: Catalogue) -> None:
    export(filled, tmp_path / "all.parquet")
    table = pq.read_table(tmp_path / "all.parquet")
    place = table.column_names.index("size_bytes")
    texts = table.set_column(place, "size_bytes", table["size_bytes"].cast(pa.string()))
    pq.write_table(texts, tmp_path / "texts.parquet")
    with pytest.raises(CatalogError, match="is no whole export: size_bytes has another type"):
        import_file(filled, tmp_path / "texts.parquet")
    pq.write_table(pa.table({"id": [GOOD], "tags": [[1]]}), tmp_path / "numbers.parquet")
    with pytest.raises(CatalogError, match=r"row 1: tags must be texts, not \[1\]"):
        import_file(filled, tmp_path / "numbers.parquet")


@pytest.mark.parametrize(
    "column, value, message",
    [
        ("duration_seconds", float("nan"), "duration_seconds must be a finite number, not nan"),
        ("pitch_midi", float("inf"), "pitch_midi must be a finite number, not inf"),
        ("peak_db", None, "peak_db must not be empty"),
        ("kind", "song", "kind must be one of one_shot, loop, long, instrument, not song"),
        ("role", "gong", "role must be one of kick, .*, not gong"),
    ],
)
def test_a_row_that_no_export_writes_is_refused(
    tmp_path: Path, filled: Catalogue, column: str, value: object, message: str
) -> None:
    export(filled, tmp_path / "all.parquet")
    table = pq.read_table(tmp_path / "all.parquet")
    place, field = table.column_names.index(column), table.schema.field(column)
    values = [value, *table[column].to_pylist()[1:]]
    edited = table.set_column(place, field.with_nullable(True), pa.array(values, field.type))
    pq.write_table(edited, tmp_path / "edited.parquet")
    fresh = Catalogue.open(tmp_path / "two", mode="create")
    with pytest.raises(CatalogError, match=rf"edited\.parquet is damaged: {message}"):
        import_file(fresh, tmp_path / "edited.parquet")
    assert fresh.count() == 0


def test_columns_cut_out_of_an_export_are_marks(tmp_path: Path, filled: Catalogue) -> None:
    export(filled, tmp_path / "all.parquet")
    table = pq.read_table(tmp_path / "all.parquet").select(["id", "favourite"])
    assert table.schema.metadata
    pq.write_table(table, tmp_path / "stars.parquet")
    (favourite,) = filled.sounds(Where(favourites=True))
    set_favourite(filled, [favourite.id], False)
    assert import_file(filled, tmp_path / "stars.parquet") == Imported(marked=1)


def test_a_file_is_written_over_only_when_asked_and_never_left_half(
    tmp_path: Path, memory: Catalogue, make_sound: MakeSound, monkeypatch: pytest.MonkeyPatch
) -> None:
    memory.add([replace(make_sound(1), path=str(tmp_path / "x.wav"))], {})
    (tmp_path / "a.csv").write_text("mine")
    with pytest.raises(CatalogError, match=r"a.csv is there already: name another file, or say --replace"):
        export(memory, tmp_path / "a.csv")
    assert export(memory, tmp_path / "a.csv", replace=True) == 1

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("timbred_catalogs.exporting._cells", full)
    with pytest.raises(CatalogError, match=r"b.csv cannot be written: No space left on device"):
        export(memory, tmp_path / "b.csv")
    assert {path.name for path in tmp_path.iterdir()} == {"a.csv"}
    (tmp_path / "a.csv.tmp").write_text("mine, too")
    monkeypatch.undo()
    assert export(memory, tmp_path / "a.csv", replace=True) == 1
    assert (tmp_path / "a.csv.tmp").read_text() == "mine, too"


def test_a_damaged_export_is_refused_whole(tmp_path: Path, filled: Catalogue) -> None:
    """Bytes that changed are told by the file's sums; a vector that is none, by its length."""
    file = tmp_path / "all.parquet"
    export(filled, file)
    table = pq.read_table(file)
    (space,) = filled.spaces()
    name = filled.tables.spaces()[space].column
    place = table.column_names.index(name)
    vectors = np.array(table[name].to_pylist(), np.float32)
    vectors[3] *= 2.0
    wrong = pa.FixedSizeListArray.from_arrays(pa.array(vectors.ravel()), vectors.shape[1])
    pq.write_table(table.set_column(place, table.schema.field(name), wrong), tmp_path / "wrong.parquet")
    content = bytearray(file.read_bytes())
    at = content.find(b"Kick", 4)
    assert at > 0
    chunk = pq.ParquetFile(file).metadata.row_group(0).column(0)
    begin = chunk.dictionary_page_offset or chunk.data_page_offset
    middle = begin + chunk.total_compressed_size - 4
    content[middle : middle + 3] = b"xxx"
    (tmp_path / "changed.parquet").write_bytes(content)
    fresh = Catalogue.open(tmp_path / "two", mode="create")
    with pytest.raises(
        CatalogError, match=rf"wrong\.parquet is damaged: a vector of {space} must be of length 1"
    ):
        import_file(fresh, tmp_path / "wrong.parquet")
    with pytest.raises(CatalogError, match=r"changed\.parquet is damaged"):
        import_file(fresh, tmp_path / "changed.parquet")
    assert fresh.count() == 0


def test_an_empty_tag_is_refused(filled: Catalogue) -> None:
    before = marks_of(filled)
    for empty in ("", "  "):
        with pytest.raises(CatalogError, match=f"a tag must have a character that shows, not '{empty}'"):
            change_tags(filled, list(before), ["warm", empty])
    assert marks_of(filled) == before


def unmarked(catalogue: Catalogue) -> list[str]:
    """Ids of those that are there and of which nothing was said."""
    return [sound.id for sound in catalogue.sounds() if not (sound.tags or sound.favourite)]


def test_empty_rows_are_passed_over_and_counted(tmp_path: Path, filled: Catalogue) -> None:
    first, second = unmarked(filled)[:2]
    rows = f"id,tags,favourite\n{first},new,\n,,\n{second},new,\n, ,,,\n,,\n,,\n"
    (tmp_path / "own.csv").write_text(rows, encoding="utf-8")
    assert import_file(filled, tmp_path / "own.csv") == Imported(marked=2)
    (tmp_path / "own.csv").write_text(rows + ",new,\n", encoding="utf-8")
    with pytest.raises(CatalogError, match="row 7: id must be 32 hexadecimal digits, not ''"):
        import_file(filled, tmp_path / "own.csv")


@pytest.mark.parametrize("kind", [pa.int64(), pa.int8(), pa.float64(), pa.bool_()])
def test_a_favourite_may_be_a_number_in_parquet_as_in_csv(
    tmp_path: Path, filled: Catalogue, kind: pa.DataType
) -> None:
    first, second, third = unmarked(filled)[:3]
    said = pa.array([1, 0, None], pa.int64()).cast(kind)
    pq.write_table(pa.table({"id": [first, second, third], "favourite": said}), tmp_path / "own.parquet")
    import_file(filled, tmp_path / "own.parquet")
    now = filled.by_id([first, second, third])
    assert [now[one].favourite for one in (first, second, third)] == [True, False, False]


def test_a_favourite_that_is_another_number_is_refused(tmp_path: Path, filled: Catalogue) -> None:
    table = pa.table({"id": list(all_of(filled))[:1], "favourite": [2]})
    pq.write_table(table, tmp_path / "own.parquet")
    with pytest.raises(CatalogError, match="row 1: favourite must be true or false, not 2"):
        import_file(filled, tmp_path / "own.parquet")


def test_a_tag_is_kept_without_the_blanks_around_it(filled: Catalogue) -> None:
    first = unmarked(filled)[0]
    change_tags(filled, [first], add=[" lead space ", "lead space", "\tx\n"])
    assert filled.by_id([first])[first].tags == ("lead space", "x")
    assert change_tags(filled, [first], remove=[" x"]) == 1
    assert filled.by_id([first])[first].tags == ("lead space",)
