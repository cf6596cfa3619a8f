"""The VST3 state as JUCE wraps it, opened and closed again, so that a test can look into a session."""

import re
import struct

_DIGITS = ".ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+"
_COMPONENT = re.compile(rb"<IComponent>(.*?)</IComponent>")
_HEAD_BYTES = 8


def component(raw_state: bytes) -> bytes:
    """The plugin's own state in pedalboard's `raw_state`."""
    found = _COMPONENT.search(raw_state)
    assert found is not None
    size, digits = found.group(1).decode().split(".", 1)
    bits = sum(_DIGITS.index(digit) << 6 * place for place, digit in enumerate(digits))
    return bits.to_bytes(len(digits), "little")[: int(size)]


def with_component(raw_state: bytes, state: bytes) -> bytes:
    """The same `raw_state` around another state of the plugin."""
    bits = int.from_bytes(state, "little")
    digits = "".join(_DIGITS[bits >> 6 * place & 63] for place in range((len(state) * 8 + 5) // 6))
    text = f"<IComponent>{len(state)}.{digits}</IComponent>".encode()
    xml = _COMPONENT.sub(text, raw_state[_HEAD_BYTES:])
    return raw_state[:4] + struct.pack("<I", len(xml) - 1) + xml
