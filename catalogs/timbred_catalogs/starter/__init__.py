"""A library of sounds that timbred synthesises itself, and a song that plays some of them."""

from timbred_catalogs.starter.library import StarterReport, write_starter_library
from timbred_catalogs.starter.song import write_demo_song
from timbred_catalogs.starter.stems import write_demo_stems

__all__ = ["StarterReport", "write_demo_song", "write_demo_stems", "write_starter_library"]
