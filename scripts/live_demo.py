"""What scripts/demo runs: catalogue, daemon, a song through the real VST3 in a real host, the live list.

scripts/demo [--samples FOLDER ...] [--song FILE] [--seconds N]
"""

import argparse
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from timbred.client import Client, find_daemon
from timbred.errors import DaemonError, TimbredError
from timbred.models import data_folder
from timbred.watch import Board
from timbred_bridge.errors import BridgeError
from timbred_bridge.osc import Value
from timbred_catalogs.errors import CatalogError
from timbred_catalogs.starter import write_demo_song, write_starter_library

TIMBRED = Path(sys.executable).parent / "timbred"
START_SECONDS = 20.0
NAMES_A_SLOT = 3


def main() -> int:
    """Returns: the exit status, 130 after Ctrl-C."""
    options = _options()
    try:
        _require_files([*(options.samples or ()), *([options.song] if options.song else ())])
        song = options.song or _demo_song()
        for folder in options.samples or [_starter_library()]:
            subprocess.run([TIMBRED, "catalog", "add", folder], check=True)
        with _daemon():
            changes = _play_and_print(song, options.seconds)
    except subprocess.CalledProcessError as error:
        return int(error.returncode)
    except KeyboardInterrupt:
        return 130
    except (TimbredError, BridgeError, CatalogError, OSError) as error:
        print(f"demo: {error}", file=sys.stderr)
        return 2
    if not changes:
        print("demo: the plugin got no list", file=sys.stderr)
        return 1
    _say_what_next()
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts/demo", description=__doc__, add_help=True)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--samples", type=Path, nargs="+", help="your folders of sounds")
    parser.add_argument("--song", type=Path, help="the music to play")
    parser.add_argument("--seconds", type=float, help="play no longer than this")
    return parser.parse_args()


def _require_files(paths: Sequence[Path]) -> None:
    """Before minutes go into a catalogue for nothing."""
    for path in paths:
        if not path.exists():
            raise TimbredError(f"there is no file or folder {path}")


def _starter_library() -> Path:
    folder = data_folder() / "starter"
    print(f"Writing the starter library to {folder}")
    write_starter_library(folder)
    return folder


def _demo_song() -> Path:
    path = data_folder() / "demo" / "song.wav"
    if not path.exists():
        write_demo_song(path)
    return path


def _log() -> Path:
    return data_folder() / "demo.log"


@contextmanager
def _daemon() -> Iterator[None]:
    """A running daemon: the user's if there is one, else one for as long as this lasts."""
    try:
        find_daemon()
    except DaemonError:
        print(f"Starting the daemon (it logs to {_log()})")
        _log().parent.mkdir(parents=True, exist_ok=True)
        _log().unlink(missing_ok=True)
        with _log().open("a") as log:
            process = subprocess.Popen([TIMBRED, "serve"], stdout=log, stderr=log)
        try:
            _await_daemon(process)
            yield
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(START_SECONDS)
    else:
        yield


def _await_daemon(process: "subprocess.Popen[bytes]") -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and process.poll() is None:
        try:
            find_daemon()
        except DaemonError:
            time.sleep(0.1)
        else:
            return
    raise DaemonError("the daemon did not start: its log says why")


def _play_and_print(song: Path, seconds: float | None) -> int:
    """Plays the song in the host, a process of its own, and prints each new list; returns how many came."""
    print(f"Playing {song} through the VST3 in a host, as a DAW would\n")
    with Client(find_daemon()) as client, _log().open("a") as log:
        host = subprocess.Popen(_host_command(song, seconds), stderr=log)
        try:
            changes = _print_lists(client, host)
        finally:
            host.terminate()
    if host.wait():
        raise DaemonError(f"the host ended with status {host.returncode}: {_log()} says why")
    return changes


def _host_command(song: Path, seconds: float | None) -> list[str]:
    command = [sys.executable, str(Path(__file__).with_name("play.py")), str(song)]
    return command if seconds is None else [*command, "--seconds", str(seconds)]


def _print_lists(client: Client, host: "subprocess.Popen[bytes]") -> int:
    board, changes, shown = Board(), 0, ""
    began = 0.0
    for message in client.watch():
        if host.poll() is not None:
            return changes
        if message is None:
            continue
        began = began or time.monotonic()
        board.take(message)
        text = _as_text(board.rows(str(message.values.get("session"))))
        if text and text != shown:
            changes, shown = changes + 1, text
            print(f"{time.monotonic() - began:.1f} s\n{text}\n", flush=True)
    return changes


def _as_text(rows: Sequence[Mapping[str, Value]]) -> str:
    slots: dict[str, list[str]] = {}
    for row in rows:
        names = slots.setdefault(str(row["slot"]), [])
        if row["sound"] and len(names) < NAMES_A_SLOT:
            names.append(f"{row['name']} ({row['pack']})")
    return "\n".join(f"  {slot:<11} {' | '.join(names)}" for slot, names in slots.items() if names)


def _say_what_next() -> None:
    print("\nTo have this in your DAW: '.venv/bin/timbred plugin install', then '.venv/bin/timbred serve',")
    print('rescan plugins in the DAW, insert "timbred" on the master bus, open it and press play.')
    print("Your own sounds: '.venv/bin/timbred catalog add ~/Samples'.")


if __name__ == "__main__":
    sys.exit(main())
