"""Ardour's session file (7.3): puts sounds on tracks, and reads and writes the plugin's saved state."""

import base64
import struct
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from pathlib import Path

import soundfile

SAMPLE_RATE = 44_100
_SUPERCLOCKS_PER_SECOND = 282_240_000
_FIRST_OWN_ID = 900_000
_NO_CHOICES = b"timbred-choices 1\nwords \n\0"


class SessionFile:
    """One session's file, read whole and written whole.

    Args:
        folder: The session's folder.
    """

    def __init__(self, folder: Path) -> None:
        self._path = folder / "song.ardour"
        self.root = ElementTree.parse(self._path).getroot()

    def save(self) -> None:
        """Writes it back."""
        ElementTree.ElementTree(self.root).write(self._path, encoding="UTF-8", xml_declaration=True)

    def put_on_tracks(self, sounds: Mapping[str, Path]) -> None:
        """Puts a stereo file at the start of each track, and the session's end behind the longest."""
        end, number = 0, _FIRST_OWN_ID
        for track, path in sounds.items():
            length = soundfile.info(path).frames * _SUPERCLOCKS_PER_SECOND // SAMPLE_RATE
            playlist = self._one(f"./Playlists/Playlist[@name='{track}']")
            playlist.append(_region(path, length, number))
            for channel in range(2):
                self._one("Sources").append(_source(path, channel, number + channel))
            end, number = max(end, length), number + 10
        whole = {"name": "session", "id": str(number), "start": "a0", "end": f"a{end}"}
        location = ElementTree.Element("Location", {**whole, "flags": "IsSessionRange", "locked": "0"})
        self._one("Locations").append(location)
        self.root.set("id-counter", str(number + 1))

    def region_sources(self, track: str) -> list[str]:
        """The files of a track's regions."""
        names = {source.get("id"): source.get("name", "") for source in self.root.iterfind("Sources/Source")}
        regions = self.root.iterfind(f"./Playlists/Playlist[@name='{track}']/Region")
        return [names[region.get("source-0")] for region in regions]

    @property
    def plugin(self) -> ElementTree.Element:
        """The plugin's place on the master bus."""
        return self._one("./Routes/Route[@name='Master']/Processor[@name='timbred']")

    def plugin_state(self) -> bytes:
        """What the plugin gave Ardour to keep."""
        return _component(base64.b64decode(self._chunk.text or ""))

    def set_choices(self, lines: str) -> bytes:
        """Writes what the user chose in the editor into a session in which nothing was chosen yet.

        Args:
            lines: As the plugin writes them, without the version's line.

        Returns:
            The plugin's whole state.
        """
        state = self.plugin_state()
        assert _NO_CHOICES in state
        chosen = state.replace(_NO_CHOICES, b"timbred-choices 1\n" + lines.encode() + b"\0")
        self._chunk.text = base64.b64encode(
            _preset(base64.b64decode(self._chunk.text or ""), chosen)
        ).decode()
        return chosen

    def show_plugin(self, x: int, y: int) -> None:
        """Opens the plugin's window with the session, at a place of the screen."""
        master = self._one("./Routes/Route[@name='Master']")
        window = {
            "name": f"P-{master.get('id')}-{self.plugin.get('id')}",
            "visible": "1",
            "x-off": str(x),
            "y-off": str(y),
            "x-size": "-1",
            "y-size": "-1",
            "custom": "1",
        }
        interface = ElementTree.SubElement(ElementTree.SubElement(self.root, "Extra"), "UI")
        ElementTree.SubElement(interface, "Window", window)

    @property
    def _chunk(self) -> ElementTree.Element:
        chunk = self.plugin.find("vst3/chunk")
        assert chunk is not None
        return chunk

    def _one(self, path: str) -> ElementTree.Element:
        found = self.root.findall(path)
        assert len(found) == 1, f"{self._path} must have one {path}, not {len(found)}"
        return found[0]


def _source(path: Path, channel: int, number: int) -> ElementTree.Element:
    return ElementTree.Element(
        "Source",
        {
            "name": str(path),
            "take-id": "",
            "type": "audio",
            "flags": "",
            "id": str(number),
            "origin": "",
            "gain": "1",
            "channel": str(channel),
        },
    )


def _region(path: Path, length: int, number: int) -> ElementTree.Element:
    """A region of the whole file; no fades, since what is exported is compared."""
    off = "muted locked video-locked automatic whole-file import sync-marked left-of-split right-of-split"
    off += " hidden position-locked valid-transients layering-index contents default-fade-in"
    off += " default-fade-out fade-in-active fade-out-active"
    on = "opaque external stretch shift scale-amplitude"
    sources = {f"source-{c}": str(number + c) for c in range(2)}
    masters = {f"master-{name}": value for name, value in sources.items()}
    region = ElementTree.Element(
        "Region",
        {
            **dict.fromkeys(off.split(), "0"),
            **dict.fromkeys(on.split(), "1"),
            "name": path.stem,
            "type": "audio",
            "id": str(number + 5),
            "channels": "2",
            "tags": "",
            "start": "a0",
            "length": f"a{length}@a0",
            "sync-position": "a0",
            "ancestral-start": "a0",
            "ancestral-length": "a0@a0",
            **sources,
            **masters,
        },
    )
    ElementTree.SubElement(region, "Envelope", {"default": "1"})
    ElementTree.SubElement(region, "FadeIn", {"default": "1", "active": "0"})
    ElementTree.SubElement(region, "FadeOut", {"default": "1", "active": "0"})
    return region


# A VST3 preset: "VST3", version, the class's id as text, where the list of chunks begins; the chunks; the
# list: "List", count, and for each chunk its name, place and size.
_HEAD = struct.Struct("<4si32sq")
_LIST = struct.Struct("<4si")
_ENTRY = struct.Struct("<4sqq")


def _component(preset: bytes) -> bytes:
    magic, _, _, list_at = _HEAD.unpack_from(preset)
    assert magic == b"VST3"
    name, begin, size = _ENTRY.unpack_from(preset, list_at + _LIST.size)
    assert name == b"Comp"
    return preset[begin : begin + size]


def _preset(before: bytes, component: bytes) -> bytes:
    magic, version, class_id, _ = _HEAD.unpack_from(before)
    head = _HEAD.pack(magic, version, class_id, _HEAD.size + len(component))
    entry = _ENTRY.pack(b"Comp", _HEAD.size, len(component))
    return head + component + _LIST.pack(b"List", 1) + entry
