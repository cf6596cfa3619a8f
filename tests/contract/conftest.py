"""What the contract tests share: the C++ side's tools, built."""

from pathlib import Path

import plugin_build
import pytest


@pytest.fixture(scope="session")
def plugin_tools() -> Path:
    """The folder with ring_tool and osc_tool."""
    return plugin_build.build("timbred-contract-tools") / "tests"
