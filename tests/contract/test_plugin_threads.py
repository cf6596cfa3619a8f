"""The plugin's threads under ThreadSanitizer and its bytes under AddressSanitizer: no report."""

import os
import subprocess
from pathlib import Path

import plugin_build
import pytest

pytestmark = pytest.mark.slow


@pytest.mark.timeout(600)
@pytest.mark.parametrize(
    ("sanitizer", "programs"),
    [
        ("thread", ["test_threads", "test_link"]),
        (
            "address",
            ["test_threads", "test_osc_codec", "test_choices", "test_daemon_address"],
        ),
    ],
)
def test_no_sanitizer_reports_anything(sanitizer: str, programs: list[str]) -> None:
    folder = plugin_build.BUILD.with_name(f"plugin-{sanitizer}")
    options = (f"-DTIMBRED_SANITIZE={sanitizer}", "-DTIMBRED_PLUGIN=OFF", "-DCMAKE_BUILD_TYPE=Debug")
    plugin_build.build(*programs, folder=folder, options=options)
    for program in programs:
        report = _run(folder / "tests" / program)
        assert report == "", f"{program}:\n{report[:4000]}"


def _run(program: Path) -> str:
    """What went wrong, empty where nothing did."""
    environment = {**os.environ, "TSAN_OPTIONS": "exitcode=66 second_deadlock_stack=1"}
    done = subprocess.run([str(program)], env=environment, capture_output=True, text=True, timeout=240)
    return done.stderr if done.returncode == 0 else f"exit code {done.returncode}\n{done.stdout}{done.stderr}"
