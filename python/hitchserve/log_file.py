"""Reads the log of a run: a file of records, each what one read from a program's pipe returned.

docs/decisions/005 of hitch describes the file. It may be read while it is written, and afterwards.
"""

from __future__ import annotations

import os
import struct
import threading
from typing import Callable, Dict, Iterator, List, NamedTuple, Optional, Tuple

from hitchserve.log_watch import LogWatches

_HEADER = struct.Struct("<IIIHHIIQQqqq")
_MAGIC = 0x31474C48  # "HLG1"
_BLOCK = 2 << 20  # more than the longest record
_MARK_EVERY = 1 << 16
_DEFINES_STREAM, _DATA, _END = 1, 2, 3
_CONTINUES_LINE = 1

PHASES = ("setup", "run", "poststart", "teardown", "hitch")
STREAMS = ("out", "err")


class LogLine(str):
    """A line of a log: its text, without the newline, and what is known of it.

    stream is "out" or "err"; phase is "setup", "run", "poststart", "teardown" or "hitch". time and
    bundle_time are seconds since the epoch on the clock of the machine and of the bundle, monotonic
    is that of time.monotonic(). sequence counts the lines of the whole log from 1.
    """

    __slots__ = ("_about", "sequence")
    _about: "_About"
    sequence: int

    @property
    def service(self) -> str:
        return self._about.key.service

    @property
    def stream(self) -> str:
        return self._about.key.stream

    @property
    def phase(self) -> str:
        return self._about.key.phase

    @property
    def time(self) -> float:
        return self._about.wall / 1e9

    @property
    def bundle_time(self) -> float:
        return self._about.bundle / 1e9

    @property
    def monotonic(self) -> float:
        return self._about.boot / 1e9

    @property
    def label(self) -> str:
        """What stands before it on the screen: "Django", "Err Django", "Setup Django"."""
        return title_of(self.service, self.stream, self.phase)


_TITLES = {"setup": ("Setup ", "Setup! "), "poststart": ("Post ", "Post! "),
           "teardown": ("Down ", "Down! "), "run": ("", "Err "), "hitch": ("", "")}


def title_of(service: str, stream: str, phase: str) -> str:
    return _TITLES[phase][stream == "err"] + service


class Stream(NamedTuple):
    service: str
    stream: str
    phase: str


class _About(NamedTuple):
    """What the lines of one record share. Times are in nanoseconds."""

    key: Stream
    wall: int
    bundle: int
    boot: int


Wanted = Callable[[Stream], bool]


class _Assembly:
    """The line of one stream that is not finished yet."""

    __slots__ = ("key", "wanted", "held", "sequence", "about")

    def __init__(self, key: Stream, wanted: bool) -> None:
        self.key = key
        self.wanted = wanted
        self.held: Optional[List[bytes]] = None
        self.sequence = 0
        self.about = _About(key, 0, 0, 0)


class LogFile:
    """An open log, and which streams are known to be in it. For any number of threads."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self._streams: Dict[int, Stream] = {}
        self._scanned = 0
        self._lines: Dict[int, int] = {}  # how many have begun, by stream
        # Places in the log, and how many lines had begun before them.
        self._marks: List[Tuple[int, Dict[int, int]]] = [(0, {})]
        self.watches = LogWatches(path)
        self._lock = threading.Lock()

    def __del__(self) -> None:
        try:
            self.watches.close()
            os.close(self.fd)
        except (OSError, AttributeError):
            pass

    def after_fork(self) -> None:
        self._lock = threading.Lock()
        self.watches.after_fork()

    def records(self, offset: int) -> Iterator[Tuple[int, Tuple[int, ...], bytes]]:
        """Each complete record from an offset on: where the next one begins, header, payload."""
        while True:
            data = os.pread(self.fd, _BLOCK, offset)
            at = 0
            while len(data) - at >= _HEADER.size:
                header = _HEADER.unpack_from(data, at)
                if header[0] != _MAGIC:  # the writer was killed in the middle of a record
                    return
                end = at + _HEADER.size + header[2]
                if end > len(data):
                    break
                yield offset + end, header, data[at + _HEADER.size:end]
                at = end
            if at == 0:
                return
            offset += at

    def end(self) -> int:
        """Where the log ends now, with the streams known that begin before that."""
        with self._lock:
            return self._scan()

    def place_before_last(self, lines: int, wanted: Wanted) -> Tuple[int, int]:
        """From where to read if so many of the last lines are wanted, and where the log ends now. In a
        long log the one is not much before the lines."""
        with self._lock:
            end = self._scan()
            streams = [number for number, key in self._streams.items() if wanted(key)]
            # The last line of each may not be finished, and the first one may have begun before.
            enough = lines + 2 * len(streams) if lines else 0
            for offset, begun in reversed(self._marks):
                if sum(self._lines.get(n, 0) - begun.get(n, 0) for n in streams) >= enough:
                    return offset, end
            return 0, end

    def _scan(self) -> int:
        size = os.fstat(self.fd).st_size  # a program that never pauses is not run after
        for after, header, payload in self.records(self._scanned):
            if after > size:
                break
            if header[3] == _DEFINES_STREAM:
                self._streams[header[5]] = _stream_of(payload)
            elif header[3] == _DATA:
                self._lines[header[5]] = self._lines.get(header[5], 0) + header[6]
            self._scanned = after
            if after - self._marks[-1][0] >= _MARK_EVERY:
                self._marks.append((after, dict(self._lines)))
        return self._scanned

    def stream(self, number: int) -> Optional[Stream]:
        return self._streams.get(number)


def _stream_of(payload: bytes) -> Stream:
    return Stream(payload[2:].decode("utf-8", "replace"), STREAMS[payload[0]], PHASES[payload[1]])


class LogCursor:
    """Goes through a log line by line, in the order in which lines were finished."""

    def __init__(self, log: LogFile, wanted: Wanted, offset: int = 0) -> None:
        self._log = log
        self._wanted = wanted
        self._offset = offset
        self._streams: Dict[int, _Assembly] = {}

    def read(self, end: Optional[int] = None) -> Iterator[LogLine]:
        """The lines that have been finished since the last time, as far as that place of the log."""
        for after, header, payload in self._log.records(self._offset):
            if end is not None and after > end:
                return
            self._offset = after
            if header[3] == _DEFINES_STREAM:
                self._define(header[5], _stream_of(payload))
                continue
            assembly = self._streams.get(header[5]) or self._known_before(header[5])
            if assembly is None or not assembly.wanted:
                continue
            yield from self._take(assembly, header, payload)

    def unfinished(self) -> Iterator[LogLine]:
        """What has been written of lines that have no newline yet."""
        for assembly in self._streams.values():
            if assembly.wanted and assembly.held is not None:
                yield _line(assembly, assembly.held)

    def _define(self, number: int, key: Stream) -> _Assembly:
        assembly = self._streams[number] = _Assembly(key, self._wanted(key))
        return assembly

    def _known_before(self, number: int) -> Optional[_Assembly]:
        key = self._log.stream(number)
        return self._define(number, key) if key is not None else None

    def _take(self, assembly: _Assembly, header: Tuple[int, ...],
              payload: bytes) -> Iterator[LogLine]:
        goes_on = header[3] == _DATA and bool(header[4] & _CONTINUES_LINE)
        if assembly.held is not None and not goes_on:
            yield self._finish(assembly)
        if header[3] != _DATA:
            return
        about = _About(assembly.key, header[9], header[10], header[11])
        if goes_on and assembly.held is None:  # it began before the place where we began
            assembly.held, assembly.sequence, assembly.about = [], header[8], about
        if assembly.held is not None:
            text, newline, payload = payload.partition(b"\n")
            assembly.held.append(text)
            if not newline:
                return
            yield self._finish(assembly)
        sequence = header[7]
        whole, newline, rest = payload.rpartition(b"\n")
        if newline:
            for line in map(LogLine, whole.decode("utf-8", "replace").split("\n")):
                line._about, line.sequence = about, sequence
                sequence += 1
                yield line
        if rest:
            assembly.held, assembly.sequence, assembly.about = [rest], sequence, about

    @staticmethod
    def _finish(assembly: _Assembly) -> LogLine:
        held, assembly.held = assembly.held or [], None
        return _line(assembly, held)


def _line(assembly: _Assembly, parts: List[bytes]) -> LogLine:
    line = LogLine(b"".join(parts).decode("utf-8", "replace"))
    line._about, line.sequence = assembly.about, assembly.sequence
    return line
