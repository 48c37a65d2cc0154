"""What setup() and poststart() print belongs in the log of their service.

They run on threads of their own, so sys.stdout and sys.stderr are replaced, while any of them runs,
by objects that know which thread writes.
"""

from __future__ import annotations

import contextlib
import sys
import threading
from typing import Any, Callable, Iterator, Optional

Write = Callable[[str, str], None]  # stream, text without its newline

_thread = threading.local()
_lock = threading.Lock()
_users = 0


class _Redirected:
    """Stands for one of the two streams. Whatever is not written by such a thread goes through."""

    def __init__(self, original: Any, stream: str) -> None:
        self._original = original
        self._stream = stream

    def write(self, text: str) -> int:
        write: Optional[Write] = getattr(_thread, "write", None)
        if write is None:
            return int(self._original.write(text) or 0)
        held = getattr(_thread, self._stream, "") + text
        *lines, rest = held.split("\n")
        setattr(_thread, self._stream, rest)
        for line in lines:
            write(self._stream, line)
        return len(text)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._original, name)


@contextlib.contextmanager
def into(write: Write) -> Iterator[None]:
    """What this thread prints meanwhile is handed to `write`, line by line."""
    _install()
    _thread.write, _thread.out, _thread.err = write, "", ""
    try:
        yield
    finally:
        _thread.write = None
        for stream in ("out", "err"):
            rest = getattr(_thread, stream)
            if rest:
                write(stream, rest)
        _uninstall()


def _install() -> None:
    global _users
    with _lock:
        _users += 1
        if not isinstance(sys.stdout, _Redirected):
            sys.stdout = _Redirected(sys.stdout, "out")  # type: ignore[assignment]
        if not isinstance(sys.stderr, _Redirected):
            sys.stderr = _Redirected(sys.stderr, "err")  # type: ignore[assignment]


def _uninstall() -> None:
    global _users
    with _lock:
        _users -= 1
        if _users > 0:
            return
        for name in ("stdout", "stderr"):
            stream = getattr(sys, name)
            if isinstance(stream, _Redirected):
                setattr(sys, name, stream._original)


def after_fork() -> None:
    """In a forked child: no thread that was in the middle of something has come along."""
    global _lock, _users
    _lock = threading.Lock()
    _users = 0
    _thread.write = None  # its way to the log has not come along
