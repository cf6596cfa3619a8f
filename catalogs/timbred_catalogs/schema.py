"""The tables of a catalogue, column by column.

Vectors are float32: they are what the model gave, a sound costs 768 bytes at 192 dimensions, and the index
that a large catalogue gets holds its own 8-bit copy.
"""

import pyarrow as pa

SCHEMA_VERSION = 2

SOUNDS = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("path", pa.string(), nullable=False),
        # Only where the name is not UTF-8, or not printable: `path` is then a stand-in for it.
        pa.field("path_bytes", pa.binary()),
        pa.field("name", pa.string(), nullable=False),
        pa.field("pack", pa.string(), nullable=False),
        pa.field("kind", pa.string(), nullable=False),
        pa.field("role", pa.string()),
        pa.field("role_confidence", pa.float32(), nullable=False),
        pa.field("role_source", pa.string()),
        pa.field("duration_seconds", pa.float32(), nullable=False),
        pa.field("peak_db", pa.float32(), nullable=False),
        pa.field("loudness_lufs", pa.float32(), nullable=False),
        pa.field("pitch_midi", pa.float32()),
        pa.field("pitch_confidence", pa.float32(), nullable=False),
        pa.field("tempo_bpm", pa.float32()),
        pa.field("tempo_confidence", pa.float32(), nullable=False),
        pa.field("key", pa.string()),
        pa.field("key_confidence", pa.float32(), nullable=False),
        pa.field("channels", pa.int32(), nullable=False),
        pa.field("sample_rate", pa.int32(), nullable=False),
        pa.field("tags", pa.list_(pa.string()), nullable=False),
        pa.field("favourite", pa.bool_(), nullable=False),
        pa.field("missing", pa.bool_(), nullable=False),
        pa.field("size_bytes", pa.int64(), nullable=False),
        pa.field("mtime_ns", pa.int64(), nullable=False),
        pa.field("added_at", pa.timestamp("us", tz="UTC"), nullable=False),
        # Of a sound inside a file: which one.
        pa.field("preset", pa.string()),
        pa.field("attack_seconds", pa.float32()),
        pa.field("brightness_hz", pa.float32()),
    ]
)

# One row a file: what makes a second run fast, and what several copies of one content come down to.
FILES = pa.schema(
    [
        pa.field("path", pa.binary(), nullable=False),
        pa.field("sound_id", pa.string(), nullable=False),
        pa.field("size_bytes", pa.int64(), nullable=False),
        pa.field("mtime_ns", pa.int64(), nullable=False),
    ]
)

UNREADABLE = pa.schema(
    [
        pa.field("path", pa.binary(), nullable=False),
        pa.field("reason", pa.string(), nullable=False),
        pa.field("size_bytes", pa.int64(), nullable=False),
        pa.field("mtime_ns", pa.int64(), nullable=False),
    ]
)

# Schema version, the name of the current sounds table, and one row a space.
META = pa.schema(
    [pa.field("key", pa.string(), nullable=False), pa.field("value", pa.string(), nullable=False)]
)


def vector_type(dim: int) -> pa.DataType:
    """`dim` float32."""
    return pa.list_(pa.float32(), dim)


def vector_column(space: str) -> str:
    """A dot would name a nested field, so `fit.sample` lies in `vector_fit_sample`."""
    return "vector_" + space.replace(".", "_")
