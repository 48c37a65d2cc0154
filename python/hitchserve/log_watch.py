"""Waits until a file may have grown: inotify(7), and a look now and then where there is none."""

from __future__ import annotations

import ctypes
import os
import select
import time
from typing import Optional

_IN_CLOEXEC = os.O_CLOEXEC
_IN_NONBLOCK = os.O_NONBLOCK
_IN_MODIFY = 0x00000002
_SAFETY_NET = 0.25  # seconds: for what no event tells, such as the end of the bundle
_POLLING = 0.01


class LogWatch:
    """Belongs to one thread; a context manager."""

    def __init__(self, path: str) -> None:
        self._fd = -1
        libc = ctypes.CDLL(None, use_errno=True)
        fd = libc.inotify_init1(_IN_CLOEXEC | _IN_NONBLOCK)
        if fd >= 0 and libc.inotify_add_watch(fd, os.fsencode(path), _IN_MODIFY) >= 0:
            self._fd = fd
        elif fd >= 0:
            os.close(fd)

    def __enter__(self) -> "LogWatch":
        return self

    def __exit__(self, *_: object) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def wait(self, deadline: Optional[float] = None) -> None:
        """Until the file may have grown, or a moment has passed, or time.monotonic() says so."""
        patience = _SAFETY_NET if self._fd >= 0 else _POLLING
        if deadline is not None:
            patience = max(0.0, min(patience, deadline - time.monotonic()))
        if self._fd < 0:
            time.sleep(patience)
            return
        poll = select.poll()
        poll.register(self._fd, select.POLLIN)
        if not poll.poll(patience * 1000):
            return
        try:
            os.read(self._fd, 4096)  # several events; what is left makes one more look
        except BlockingIOError:
            pass
