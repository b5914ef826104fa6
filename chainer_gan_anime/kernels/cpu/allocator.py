"""Tells glibc to keep freed memory instead of giving it back to the system at once.

By default malloc maps every array of more than 128 KiB to some MiB anew and unmaps it when it
is freed; the system then hands out and zeroes the same few thousand pages in each iteration.
"""

from __future__ import annotations

import ctypes
import platform

# From glibc's malloc.h.
M_TRIM_THRESHOLD, M_MMAP_MAX = -1, -4
DEFAULT_TRIM_THRESHOLD, DEFAULT_MMAP_MAX = 128 * 1024, 65536
NEVER_TRIM = 2**31 - 1


def keep_freed_memory(keep: bool) -> None:
    """Let malloc serve every size from its heap and never shrink that; False undoes it.

    Does nothing where the C library is not glibc.
    """
    if platform.libc_ver()[0] != "glibc":
        return
    mallopt = ctypes.CDLL(None).mallopt
    mallopt(M_MMAP_MAX, 0 if keep else DEFAULT_MMAP_MAX)
    mallopt(M_TRIM_THRESHOLD, NEVER_TRIM if keep else DEFAULT_TRIM_THRESHOLD)
