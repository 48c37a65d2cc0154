"""Reads the log of a run: a file of records, each what one read from a program's pipe returned.

docs/decisions/005 of hitch describes the file. It may be read while it is written, and afterwards.
"""

from __future__ import annotations

import os
import struct
import threading
from typing import Callable, Dict, Iterator, List, NamedTuple, Optional, Tuple

_HEADER = struct.Struct("<IIIHHIIQQqqq")
_MAGIC = 0x31474C48  # "HLG1"
_BLOCK = 2 << 20  # more than the longest record
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

    __slots__ = ("service", "stream", "phase", "time", "bundle_time", "monotonic", "sequence")
    service: str
    stream: str
    phase: str
    time: float
    bundle_time: float
    monotonic: float
    sequence: int

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


Wanted = Callable[[Stream], bool]


class _Assembly:
    """The line of one stream that is not finished yet."""

    __slots__ = ("key", "wanted", "held", "sequence", "times")

    def __init__(self, key: Stream, wanted: bool) -> None:
        self.key = key
        self.wanted = wanted
        self.held: Optional[List[bytes]] = None
        self.sequence = 0
        self.times: Tuple[int, int, int] = (0, 0, 0)


class LogFile:
    """An open log, and which streams are known to be in it. For any number of threads."""

    def __init__(self, path: str) -> None:
        self.path = path
        self.fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        self._streams: Dict[int, Stream] = {}
        self._scanned = 0
        self._lock = threading.Lock()

    def __del__(self) -> None:
        try:
            os.close(self.fd)
        except (OSError, AttributeError):
            pass

    def after_fork(self) -> None:
        self._lock = threading.Lock()

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
            for after, header, payload in self.records(self._scanned):
                if header[3] == _DEFINES_STREAM:
                    self._streams[header[5]] = _stream_of(payload)
                self._scanned = after
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

    def read(self) -> Iterator[LogLine]:
        """The lines that have been finished since the last time."""
        for after, header, payload in self._log.records(self._offset):
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
                yield _line(assembly, b"".join(assembly.held))

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
        times = (header[9], header[10], header[11])
        *whole, rest = payload.split(b"\n")
        sequence = header[7]
        if goes_on and assembly.held is None:  # it began before the place where we began
            assembly.held, assembly.sequence, assembly.times = [], header[8], times
        for text in whole:
            if assembly.held is not None:
                assembly.held.append(text)
                yield self._finish(assembly)
                continue
            assembly.sequence, assembly.times = sequence, times
            sequence += 1
            yield _line(assembly, text)
        if rest and assembly.held is None:
            assembly.held, assembly.sequence, assembly.times = [], sequence, times
        if rest and assembly.held is not None:
            assembly.held.append(rest)

    @staticmethod
    def _finish(assembly: _Assembly) -> LogLine:
        held, assembly.held = assembly.held or [], None
        return _line(assembly, b"".join(held))


def _line(assembly: _Assembly, text: bytes) -> LogLine:
    line = LogLine(text.decode("utf-8", "replace"))
    line.service, line.stream, line.phase = assembly.key
    wall, bundle, monotonic = assembly.times
    line.time, line.bundle_time, line.monotonic = wall / 1e9, bundle / 1e9, monotonic / 1e9
    line.sequence = assembly.sequence
    return line
