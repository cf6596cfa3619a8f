"""What is generated from the bridge's tables is committed as the tables say."""

from pathlib import Path

import pytest

from timbred_bridge.osc_reference import markdown
from timbred_bridge.wire_header import wire_header

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("path", "content"),
    [("plugin_bridge/plugin/wire.h", wire_header()), ("docs/osc.md", markdown())],
)
def test_the_committed_file_is_what_the_table_says(path: str, content: str) -> None:
    assert (ROOT / path).read_text(encoding="utf-8") == content, "run scripts/generate"
