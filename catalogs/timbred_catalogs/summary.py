"""What a run of the ingest says of itself, while it goes on and at its end."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Progress:
    """Files done of `total`, both without the unchanged; `phase` is scanning, reading or tidying."""

    phase: str
    done: int
    total: int


@dataclass(frozen=True, slots=True)
class Summary:
    """Sounds, except where files are said.

    `returned` were missing and are back where they were; `copies` are files whose content is in the
    catalogue under another path; `unchanged` and `unreadable` are files, these new or old; `missing` lost
    their last file in this run. Where some are back, `without` lack a model's vectors: it came while their
    files were away. `stopped` by Ctrl-C.
    """

    added: int = 0
    moved: int = 0
    returned: int = 0
    copies: int = 0
    unchanged: int = 0
    missing: int = 0
    unreadable: int = 0
    without: int = 0
    stopped: bool = False

    def sentence(self) -> str:
        """One line for the user."""
        parts = {
            "added": self.added,
            "moved": self.moved,
            "back": self.returned,
            "copies of known sounds": self.copies,
            "unchanged": self.unchanged,
            "missing": self.missing,
            "unreadable": self.unreadable,
            "without vectors: 'timbred catalog rebuild' makes them": self.without,
        }
        always = ("added", "moved", "unchanged", "unreadable")
        said = ", ".join(f"{count:,} {name}" for name, count in parts.items() if count or name in always)
        return f"stopped; {said}; run it again to go on" if self.stopped else said
