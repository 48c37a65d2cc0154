"""Shows the log of a bundle on this process's standard output while the test runs."""

from __future__ import annotations

import re
import sys
import threading
from typing import Callable, Iterable

from hitchserve.log_file import LogCursor, LogFile, LogLine

_YELLOW, _RESET = "\x1b[33m", "\x1b[0m"
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1a\x1c-\x1f\x7f-\x9f]|\x1b(?!\[[0-9;]*m)")
_WIDTH_OF_PHASE = len("Setup! ")


class Screen:
    """A thread that prints each line with its title: "[   Err Django] text"."""

    def __init__(self, log: LogFile, services: Iterable[str], has_ended: Callable[[], bool]) -> None:
        self._log = log
        self._width = max(map(len, (*services, "Hitch"))) + _WIDTH_OF_PHASE
        self._has_ended = has_ended
        self._muted = threading.Event()
        self._stop = threading.Event()
        self._cursor_lock = threading.Lock()
        self._cursor = LogCursor(log, lambda stream: True)
        self._thread = threading.Thread(target=self._run, name="hitch screen", daemon=True)
        self._thread.start()

    def mute(self) -> None:
        """Prints what there is, and then nothing more."""
        self._print_new()
        self._muted.set()

    def unmute(self) -> None:
        """Goes on with what comes from now on."""
        with self._cursor_lock:
            self._cursor = LogCursor(self._log, lambda stream: True, self._log.end())
        self._muted.clear()

    def end_soon(self) -> None:
        """Before something is printed last that it need not wait for any more: see close()."""
        self._stop.set()

    def close(self) -> None:
        """Prints what there is, and ends."""
        self._stop.set()
        self._thread.join()
        if not self._muted.is_set():
            self._print_new()

    def _run(self) -> None:
        with self._log.watches.one() as watch:
            while not self._stop.is_set() and not self._has_ended():
                if not self._muted.is_set():
                    self._print_new()
                watch.wait()

    def _print_new(self) -> None:
        with self._cursor_lock:
            text = "".join(map(self._format, self._cursor.read()))
            try:
                if text:
                    sys.stdout.write(text)  # whichever it is now: test runners replace it
                    sys.stdout.flush()
            except (OSError, ValueError, AttributeError):
                pass  # nobody looks any more

    def _format(self, line: LogLine) -> str:
        if not _is_terminal():
            return f"[{line.label.rjust(self._width)}] {line}\n"
        # What a service prints may look good there, but not take the terminal over.
        text = _CONTROL.sub(lambda found: repr(found[0])[1:-1], line)
        text = f"[{line.label.rjust(self._width)}] {text}"
        return (_YELLOW + text + _RESET if line.stream == "err" else text) + "\n"


def _is_terminal() -> bool:
    try:
        return bool(sys.stdout.isatty())
    except (ValueError, AttributeError):
        return False
