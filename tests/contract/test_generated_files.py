"""What is generated from the bridge's tables is committed as the tables say."""

from pathlib import Path

import pytest

from timbred_bridge import generate, osc

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize(
    ("path", "content"),
    [("plugin_bridge/plugin/wire.h", generate.wire_header()), ("docs/osc.md", osc.markdown())],
)
def test_the_committed_file_is_what_the_table_says(path: str, content: str) -> None:
    assert (ROOT / path).read_text(encoding="utf-8") == content, "run scripts/generate"
