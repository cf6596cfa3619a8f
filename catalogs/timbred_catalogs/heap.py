"""What glibc keeps of the memory that threads have freed; nothing is done with another C library."""

import ctypes

_ARENA_MAX = -8  # of malloc.h
# By default each thread may get a heap of its own, up to eight for each core, and leave it half empty.
HEAPS = 2


def share_heaps() -> None:
    """Before the threads start that are to share them."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_ARENA_MAX, HEAPS)


def give_back_memory() -> None:
    """Returns freed memory to the system: after a large load a hundred megabytes of it would be kept."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)
