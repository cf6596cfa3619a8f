"""`timbred listen`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from timbred.cli_daemon import Catalog, Json
from timbred.cli_options import needs, not_both, path_of

if TYPE_CHECKING:
    from timbred.listen import Moment
    from timbred.settings import Settings


DEFAULT_BARS = 4
SLOWEST_BPM, FASTEST_BPM = 20.0, 999.0
# Between two printed lists.
SHORTEST_SECONDS, LONGEST_SECONDS = 0.25, 86_400.0


def listen(
    file: Annotated[Path, typer.Argument(help="WAV, AIFF, FLAC, Ogg, Opus or MP3.", parser=path_of)],
    mode: Annotated[str, typer.Option(help="match or fit.")] = "match",
    slots: Annotated[str, typer.Option(help="Slot names with commas between.")] = "",
    words: Annotated[str, typer.Option(help="Words that suggestions must have.")] = "",
    bars: Annotated[
        int | None,
        typer.Option(help=f"1, 2, 4 or 8, by default {DEFAULT_BARS}; needs --tempo.", show_default=False),
    ] = None,
    seconds: Annotated[
        float, typer.Option(help="Hear so long instead of bars, 1..16.", show_default=False)
    ] = 0.0,
    tempo: Annotated[
        float, typer.Option(help="Quarter notes per minute, in 4/4; without it no bars.", show_default=False)
    ] = 0.0,
    every: Annotated[float, typer.Option(help="Print the list so often, in seconds.")] = 4.0,
    space: Annotated[str, typer.Option(help="Hear with the model of this space.")] = "",
    realtime: Annotated[bool, typer.Option("--realtime", help="At the music's own pace.")] = False,
    catalog: Catalog = "",
    json: Json = False,
) -> None:
    """Takes an audio file the way of the plugin's audio, and prints the list over time."""
    from timbred.cli_config import configured
    from timbred.listen import listen as listen_to

    _check("tempo", tempo, SLOWEST_BPM, FASTEST_BPM, unset=0.0)
    _check("every", every, SHORTEST_SECONDS, LONGEST_SECONDS)
    moments = listen_to(
        file,
        configured(catalog),
        _settings(mode, slots, words, bars, seconds, tempo),
        space=space or None,
        every_seconds=every,
        tempo_bpm=tempo or None,
        realtime=realtime,
    )
    for moment in moments:
        _print_json(moment) if json else _print(moment)


def _check(name: str, value: float, least: float, most: float, unset: float | None = None) -> None:
    from timbred.errors import TimbredError

    if value != unset and not least <= value <= most:
        raise TimbredError(f"--{name} must be {least:g}..{most:g}, not {value:g}")


def _settings(
    mode: str, slots: str, words: str, bars: int | None, seconds: float, tempo: float
) -> "Settings":
    from timbred.errors import TimbredError
    from timbred.settings import ContextLength, Settings

    not_both("--bars", bars is not None, "--seconds", bool(seconds))
    needs("--bars", bars is not None, "--tempo", bool(tempo))
    unit, length = (
        ("seconds", seconds) if seconds else ("bars", float(DEFAULT_BARS if bars is None else bars))
    )
    names = tuple(name.strip() for name in slots.split(",") if name.strip())
    try:
        return Settings(mode, ContextLength(unit, length), names, tuple(words.split()))
    except ValueError as error:
        raise TimbredError(str(error)) from error


def _print(moment: "Moment") -> None:
    minutes, seconds = divmod(moment.seconds, 60)
    note = "silence" if moment.silent else "" if moment.changed else "as before"
    print(f"{minutes:.0f}:{seconds:04.1f}  {note}".rstrip(), flush=True)
    if not moment.changed:
        return
    for row in moment.rows:
        if row.sound is None:
            print(f"  {row.slot:<11} -  {row.why}")
        else:
            name = f"{row.sound.name} ({row.sound.pack})"
            print(f"  {row.slot:<11}{row.rank:>2}  {row.score:.2f}  {name:<44} {row.why}")


def _print_json(moment: "Moment") -> None:
    from timbred.output import print_json

    rows = [
        {
            "slot": row.slot,
            "rank": row.rank,
            "sound": row.sound.id if row.sound else None,
            "name": row.sound.name if row.sound else None,
            "pack": row.sound.pack if row.sound else None,
            "role": row.sound.role if row.sound else None,
            "path": row.sound.path.encode("utf-8", "backslashreplace").decode() if row.sound else None,
            "score": round(row.score, 4),
            "why": row.why,
        }
        for row in moment.rows
    ]
    print_json({"seconds": moment.seconds, "silent": moment.silent, "changed": moment.changed, "rows": rows})
