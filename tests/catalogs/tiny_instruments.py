"""Instruments of a few kilobytes: a SoundFont, an SFZ instrument, two kinds of drum kit."""

import struct
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import soundfile as sf

RATE = 22_050
GENERATOR_SAMPLE, GENERATOR_INSTRUMENT = 53, 41


def tone(hertz: float, seconds: float = 1.0) -> np.ndarray:
    """(frames,) float32, fading."""
    time = np.arange(round(seconds * RATE)) / RATE
    return (0.5 * np.sin(2 * np.pi * hertz * time) * np.exp(-3 * time)).astype(np.float32)


def write_soundfont(path: Path, presets: Sequence[tuple[int, int, str, float]]) -> Path:
    """`presets`: bank, program, name, and the hertz of its one sample, which is played at middle C."""
    samples, headers, start = b"", b"", 0
    for number, (_, _, _, hertz) in enumerate(presets):
        frames = (tone(hertz) * 32767).astype("<i2")
        end = start + len(frames)
        name = f"sample {number}".encode()
        headers += struct.pack("<20sIIIIIBbHH", name, start, end, start, end, RATE, 60, 0, 0, 1)
        samples += frames.tobytes() + bytes(46 * 2)
        start = end + 46
    headers += struct.pack("<20sIIIIIBbHH", b"EOS", 0, 0, 0, 0, 0, 0, 0, 0, 0)
    count = len(presets)
    rows = [
        struct.pack("<20sHHHIII", name.encode(), program, bank, number, 0, 0, 0)
        for number, (bank, program, name, _) in enumerate(presets)
    ]
    end_row = struct.pack("<20sHHHIII", b"EOP", 0, 0, count, 0, 0, 0)
    bags = b"".join(struct.pack("<HH", number, 0) for number in range(count + 1))
    instruments = [struct.pack("<20sH", f"instrument {number}".encode(), number) for number in range(count)]
    pdta = b"pdta" + b"".join(
        [
            _chunk(b"phdr", b"".join(rows) + end_row),
            _chunk(b"pbag", bags),
            _chunk(b"pmod", bytes(10)),
            _chunk(b"pgen", _generators(GENERATOR_INSTRUMENT, count)),
            _chunk(b"inst", b"".join(instruments) + struct.pack("<20sH", b"EOI", count)),
            _chunk(b"ibag", bags),
            _chunk(b"imod", bytes(10)),
            _chunk(b"igen", _generators(GENERATOR_SAMPLE, count)),
            _chunk(b"shdr", headers),
        ]
    )
    info = b"INFO" + _chunk(b"ifil", struct.pack("<HH", 2, 1)) + _chunk(b"INAM", b"tiny\0\0")
    body = _chunk(b"LIST", info) + _chunk(b"LIST", b"sdta" + _chunk(b"smpl", samples)) + _chunk(b"LIST", pdta)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(_chunk(b"RIFF", b"sfbk" + body))
    return path


def _chunk(name: bytes, content: bytes) -> bytes:
    return name + struct.pack("<I", len(content)) + content + b"\0" * (len(content) % 2)


def _generators(kind: int, count: int) -> bytes:
    """One of each, pointing at its own number, and the last, empty one."""
    return b"".join(struct.pack("<HH", kind, number) for number in range(count)) + bytes(4)


def write_sfz(folder: Path, name: str = "Warm Bass") -> Path:
    """Two samples of a bass, an octave apart; the upper one lies in a folder of its own."""
    (folder / "samples").mkdir(parents=True, exist_ok=True)
    sf.write(folder / "samples" / "low c.wav", tone(65.41), RATE)
    sf.write(folder / "samples" / "high.wav", tone(130.81), RATE)
    path = folder / f"{name}.sfz"
    path.write_text(
        "// a bass\n"
        "<control> default_path=samples/\n"
        "#define $KEY pitch_keycenter\n"
        "<global> ampeg_release=0.2\n"
        "<group> lokey=0 hikey=41 <region> sample=low c.wav $KEY=36\n"
        "<group> lokey=42 hikey=127\n"
        "<region> sample=high.wav $KEY=c3 lovel=0 hivel=127\n"
    )
    return path


def write_hydrogen_kit(folder: Path, voices: dict[str, list[str]], name: str = "Dusty Kit") -> Path:
    """`voices`: the name of each, and its layers' files, which are written too."""
    folder.mkdir(parents=True, exist_ok=True)
    listed = ""
    for number, (voice, layers) in enumerate(voices.items()):
        for layer, file in enumerate(layers):
            sf.write(folder / file, tone(100 + 300 * number + 20 * layer, 0.3), RATE)
        rows = "".join(f"<layer><filename>{file}</filename></layer>" for file in layers)
        listed += f"<instrument><id>{number}</id><name>{voice}</name>{rows}</instrument>"
    path = folder / "drumkit.xml"
    path.write_text(
        f'<?xml version="1.0"?>\n<drumkit_info xmlns="http://www.hydrogen-music.org/drumkit">'
        f"<name>{name}</name><instrumentList>{listed}</instrumentList></drumkit_info>"
    )
    return path


def write_drumgizmo_kit(folder: Path) -> Path:
    """One voice of one sample, in the folders that DrumGizmo's own kits have."""
    (folder / "KDrum" / "samples").mkdir(parents=True)
    sf.write(folder / "KDrum" / "samples" / "1.wav", tone(70, 0.3), RATE)
    (folder / "KDrum" / "KDrum.xml").write_text(
        '<?xml version="1.0"?>\n<instrument version="2.0" name="Kick"><samples><sample name="1" power="1">'
        '<audiofile channel="Amb" file="samples/1.wav" filechannel="1"/></sample></samples></instrument>'
    )
    path = folder / "kit.xml"
    path.write_text(
        '<?xml version="1.0"?>\n<drumkit name="Oak Kit"><instruments>'
        '<instrument name="Kick" file="KDrum/KDrum.xml"/></instruments></drumkit>'
    )
    return path
