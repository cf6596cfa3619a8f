"""A JACK server with a dummy driver of its own name, and the programs that run under it."""

import json
import secrets
import subprocess
from pathlib import Path
from typing import Self

import pytest
from plugin_build import compile_host, need
from processes import end
from waiting import wait_for

HERE = Path(__file__).parent
PERIOD_FRAMES = 512
PROBES = 5


class JackServer:
    """jackd from `with` to its end, and all that was started under it.

    Args:
        environment: Of the programs.
    """

    def __init__(self, environment: dict[str, str]) -> None:
        name = f"timbred-{secrets.token_hex(4)}"
        own = {"JACK_DEFAULT_SERVER": name, "JACK_NO_AUDIO_RESERVATION": "1", "JACK_NO_START_SERVER": "1"}
        self.environment = {**environment, **own}
        self._name = name
        self._processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> Self:
        period = ["-r", "48000", "-p", str(PERIOD_FRAMES)]
        patient = ["--no-realtime", "--no-mlock", "--sync", "--timeout", "4000"]
        self.start(need("jackd"), *patient, "-n", self._name, "-d", "dummy", *period)
        wait = [need("jack_wait"), "--server", self._name, "--wait", "--timeout", "10"]
        if subprocess.run(wait, env=self.environment, capture_output=True).returncode != 0:
            pytest.fail("jackd did not start within 10 s")
        return self

    def __exit__(self, *_: object) -> None:
        for process in reversed(self._processes):
            end(process)

    def start(self, *command: str, **environment: str) -> subprocess.Popen[bytes]:
        """Starts a program that is ended with the server."""
        process = subprocess.Popen(
            command,
            env={**self.environment, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        self._processes.append(process)
        return process

    def probe(self, client: str, frames: int = 96_000) -> dict[str, int]:
        """Noise through a client: how many frames came back, and after how many (-1: not bit for bit).

        Noise that is torn by JACK's own delays, as on a busy machine, is sent again.
        """
        probed = self._probe_once(client, frames)
        for _ in range(PROBES - 1):
            if probed["delay_frames"] >= 0 or probed["xruns"] == 0:
                break
            probed = self._probe_once(client, frames)
        return probed

    def _probe_once(self, client: str, frames: int) -> dict[str, int]:
        program = compile_host(HERE / "jack_probe.cpp", "jack", flags=("-std=c++17", "-pthread"))
        command = [str(program), client, str(frames)]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout))

    def wait_for_client(self, client: str) -> None:
        """Until a client's ports are there."""
        command = [need("jack_lsp")]

        def there() -> bool:
            ports = subprocess.run(command, env=self.environment, capture_output=True, text=True).stdout
            return any(port.startswith(f"{client}:") for port in ports.splitlines())

        wait_for(there, 20)
