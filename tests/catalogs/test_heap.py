"""A catalogue's many threads share few heaps."""

import subprocess
import sys

import pytest

from timbred_catalogs.heap import HEAPS

# Each thread holds what it allocated until all have; then the C library tells of its heaps.
MANY_THREADS = """
import ctypes, sys, threading
{opened}
libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
all_have = threading.Barrier(8)

def allocate():
    libc.malloc(1000)
    all_have.wait()

threads = [threading.Thread(target=allocate) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
libc.fdopen.restype = ctypes.c_void_p
out = ctypes.c_void_p(libc.fdopen(1, b"w"))
libc.malloc_info(0, out)
libc.fflush(out)
"""


def heaps(opened: str) -> int:
    program = MANY_THREADS.format(opened=opened)
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout
    return told.count("<heap nr=")


@pytest.mark.skipif(sys.platform != "linux", reason="only glibc tells of its heaps")
def test_threads_share_heaps_once_lancedb_is_there() -> None:
    assert heaps("from timbred_catalogs.quiet import lancedb; lancedb()") <= HEAPS < heaps("")
