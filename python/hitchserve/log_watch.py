"""Waits until a file may have grown: inotify(7), and a look now and then where there is none."""

from __future__ import annotations

import contextlib
import ctypes
import os
import select
import threading
import time
from typing import Iterator, List, Optional

_IN_CLOEXEC = os.O_CLOEXEC
_IN_NONBLOCK = os.O_NONBLOCK
_IN_MODIFY = 0x00000002
_SAFETY_NET = 0.25  # seconds: for what no event tells, such as the end of the bundle
_POLLING = 0.01


class LogWatch:
    """Belongs to one thread at a time."""

    def __init__(self, path: str) -> None:
        self._fd = -1
        libc = ctypes.CDLL(None, use_errno=True)
        fd = libc.inotify_init1(_IN_CLOEXEC | _IN_NONBLOCK)
        if fd >= 0 and libc.inotify_add_watch(fd, os.fsencode(path), _IN_MODIFY) >= 0:
            self._fd = fd
        elif fd >= 0:
            os.close(fd)

    def close(self) -> None:
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


class LogWatches:
    """Watches of one file that are used again: the kernel takes milliseconds to end one, for which
    nobody shall wait who has just seen the line that was waited for."""

    _MOST_IDLE = 8

    def __init__(self, path: str) -> None:
        self._path = path
        self._idle: List[LogWatch] = []
        self._lock = threading.Lock()

    @contextlib.contextmanager
    def one(self) -> Iterator[LogWatch]:
        with self._lock:
            watch = self._idle.pop() if self._idle else None
        watch = watch or LogWatch(self._path)
        try:
            yield watch
        finally:
            with self._lock:
                is_kept = len(self._idle) < self._MOST_IDLE
                if is_kept:
                    self._idle.append(watch)  # what it may know already makes one more look
            if not is_kept:
                watch.close()

    def after_fork(self) -> None:
        """In a child: what the parent waits for is none of ours."""
        self.close()
        self._lock = threading.Lock()

    def close(self) -> None:
        for watch in self._idle:
            watch.close()
        self._idle = []
