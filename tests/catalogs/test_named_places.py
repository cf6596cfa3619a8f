"""A name on the command line stands for these sounds and no others: it may be followed by their removal."""

from collections.abc import Callable

import pytest

from timbred_catalogs.catalogue import Catalogue
from timbred_catalogs.errors import CatalogError
from timbred_catalogs.rows import unreadable_table
from timbred_catalogs.selection import select_ids, select_to_remove
from timbred_catalogs.sound import Sound, Unreadable

PLACES = [
    ("/s/Kick/a.wav", None),
    ("/s/Kick 2/b.wav", None),
    ("/s/GM.sf2", "0:1"),
    ("/s/GM.sf2", "0:2"),
    ("/s/gone.wav", None),
]
UNREADABLE = ["/s/Kick/x.wav", "/s/Kick 2/y.wav", "/s/Old.sf2#0:1", "/s/Old.sf2#0:2"]


@pytest.fixture
def catalogue(memory: Catalogue, make_sound: Callable[..., Sound]) -> Catalogue:
    sounds = [
        make_sound(number, path=path, preset=preset, missing=path == "/s/gone.wav")
        for number, (path, preset) in enumerate(PLACES)
    ]
    memory.add(sounds, {})
    memory.tables.unreadable.add(unreadable_table([Unreadable(path, "empty", 1, 1) for path in UNREADABLE]))
    return memory


def numbers(ids: list[str]) -> list[int]:
    return sorted(int(sound_id, 16) for sound_id in ids)


@pytest.mark.parametrize(
    ("names", "sounds", "unreadable"),
    [
        (["/s/Kick"], [0], ["/s/Kick/x.wav"]),
        (["/s/Kick/"], [0], ["/s/Kick/x.wav"]),
        (["/s/Kick/x.wav"], [], ["/s/Kick/x.wav"]),
        (["/s/Kick/a.wav", "/s/Kick 2"], [0, 1], ["/s/Kick 2/y.wav"]),
        (["/s/GM.sf2#0:2"], [3], []),
        (["/s/GM.sf2"], [2, 3], []),
        (["/s/Old.sf2#0:2"], [], ["/s/Old.sf2#0:2"]),
        (["/s/Old.sf2"], [], ["/s/Old.sf2#0:1", "/s/Old.sf2#0:2"]),
        (["/s/gone.wav"], [4], []),
        (["/s"], [0, 1, 2, 3, 4], UNREADABLE),
        ([f"{1:032x}", f"{3:032x}"], [1, 3], []),
    ],
)
def test_what_is_removed_by_a_name_is_what_lies_there(
    catalogue: Catalogue, names: list[str], sounds: list[int], unreadable: list[str]
) -> None:
    ids, paths = select_to_remove(catalogue, names)
    assert (numbers(ids), sorted(paths)) == (sounds, sorted(unreadable))
    if not unreadable:
        assert numbers(select_ids(catalogue, names)) == sounds


def test_an_id_is_named_by_six_digits_or_more(catalogue: Catalogue) -> None:
    assert len(select_ids(catalogue, ["0" * 6])) == len(PLACES)
    for name in ("0" * 5, "0" * 33, "/s/Kick/none.wav"):
        with pytest.raises(CatalogError, match=f"has the id or lies at {name}"):
            select_ids(catalogue, [name])
