"""A library of sounds that timbred synthesises itself, and a song that plays some of them."""

from timbred_catalogs.starter.library import StarterReport, write_starter_library
from timbred_catalogs.starter.song import write_demo_song

__all__ = ["StarterReport", "write_demo_song", "write_starter_library"]
