"""`timbred serve`, `status`, `stop` and `watch`."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from timbred_bridge.osc import Message

Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Catalog = Annotated[str, typer.Option("--catalog", help="The catalogue's address.", metavar="ADDRESS")]


def _span(seconds: float) -> float:
    from timbred.errors import TimbredError

    if not 0 <= seconds < float("inf"):
        raise TimbredError(f"--seconds must be 0 or more, not {seconds:g}")
    return seconds


def serve(
    catalog: Catalog = "",
    json: Annotated[bool, typer.Option("--json", help="Log as JSON, one line each, to stderr.")] = False,
) -> None:
    """Runs the daemon until it is stopped."""
    import signal
    import sys
    import threading

    from timbred import log, server
    from timbred.cli_config import configured

    config = configured(catalog)
    log.set_up(config.daemon.log_level, json)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    if sys.platform != "win32" and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        signal.signal(signal.SIGHUP, lambda *_: stop.set())  # not under nohup
    server.run(config, stop)


def status(json: Json = False) -> None:
    """Says how the daemon and its sessions are."""
    from timbred.client import Client, find_daemon
    from timbred.output import print_json

    with Client(find_daemon()) as client:
        report = client.report()
    if json:
        print_json({**report.values, "sessions": [dict(group) for group in report.groups]})
        return
    for line in _status_lines(report):
        print(line)


def _status_lines(report: "Message") -> list[str]:
    values = report.values
    model = values["model"] or "no model"
    sounds = f"{values['sounds']} sounds"
    lines = [
        f"timbred {values['version']}, process {values['pid']}, up {report.number('uptime'):.0f} s",
        f"catalogue {values['catalog']}: {values['problem'] or sounds}; hears with {model}",
        f"refused packets: {values['bad_packets']}",
        f"sessions: {len(report.groups)}",
    ]
    for group in report.groups:
        lines.append(
            f"  {str(group['session'])[:8]}  {group['host']}  {group['state']}  {group['mode']}  "
            f"{group['sample_rate']} Hz  lost {group['lost_frames']} frames"
        )
    return lines


def stop(json: Json = False) -> None:
    """Ends the daemon."""
    from timbred.client import Client, find_daemon
    from timbred.output import print_json

    address = find_daemon()
    with Client(address) as client:
        client.stop()
    if json:
        print_json({"stopped": address.pid})
    else:
        print(f"stopped process {address.pid}")


def watch(
    session: Annotated[str, typer.Option(help="Only this session, by its id or its beginning.")] = "",
    seconds: Annotated[float, typer.Option(help="End after so long; 0 for never.", callback=_span)] = 0.0,
    json: Json = False,
) -> None:
    """Shows the live lists in the terminal, until Ctrl-C."""
    from timbred.client import Client, find_daemon
    from timbred.watch import print_messages, show

    with Client(find_daemon()) as client:
        (print_messages if json else show)(client.watch(client.session_beginning(session)), seconds)
