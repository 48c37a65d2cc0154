"""The logs of one service: read back, followed, waited on."""

from __future__ import annotations

import itertools
import json
import sys
import time
from collections import deque
from typing import Any, Callable, Iterator, List, Literal, Optional, Protocol, Sequence, TextIO, overload

from hitchserve.hitch_exception import (HitchServeException, ServiceSuddenStopException,
                                        WaitingForLogMessageTimeout)
from hitchserve.log_file import LogCursor, LogFile, LogLine, Stream

_LAST_LINES = 10
_AT_ONCE = 1000
# What a predicate that looks into JSON raises for lines that are not the one it looks for.
_NOT_THIS_LINE = (ValueError, KeyError, IndexError, TypeError, AttributeError)


class LogSource(Protocol):
    """A bundle, as far as its logs go."""

    def log_file(self) -> LogFile:
        """The log of the bundle's run; raises HitchServeException if there was none yet."""

    def why_ended(self) -> Optional[str]:
        """None as long as the bundle is there."""


def print_lines(lines: Sequence[LogLine], with_titles: bool, out: Optional[TextIO] = None) -> None:
    text = format_lines(lines, with_titles)
    if text:
        print(text, file=out or sys.stdout, flush=True)


def format_lines(lines: Sequence[LogLine], with_titles: bool) -> str:
    if not with_titles:
        return "\n".join(lines)
    width = max((len(line.label) for line in lines), default=0)
    return "\n".join(f"[{line.label.rjust(width)}] {line}" for line in lines)


def parsed(line: str) -> Any:
    """The JSON object or list that a line is, or ValueError."""
    if not line.lstrip()[:1] in ("{", "["):
        raise ValueError("neither a JSON object nor a list")
    return json.loads(line, strict=False)


class Tail:
    """The end of a log, from where it is now."""

    def __init__(self, sublog: "SubLog") -> None:
        self._sublog = sublog

    def follow(self, lines_back: int = 0, timeout: Optional[float] = None) -> None:
        """Prints the last `lines_back` lines, and each that comes, until Ctrl-C or the end of the
        bundle, or for `timeout` seconds."""
        deadline = None if timeout is None else time.monotonic() + timeout
        try:
            for lines in self._batches(lines_back, deadline):
                print_lines(lines, self._sublog.has_titles)
        except KeyboardInterrupt:
            pass

    @overload
    def until(self, function: Callable[[str], Any], lines_back: int = ...,
              timeout: Optional[float] = ..., raise_exception: Literal[True] = ...) -> LogLine: ...

    @overload
    def until(self, function: Callable[[str], Any], lines_back: int = ...,
              timeout: Optional[float] = ..., raise_exception: bool = ...) -> Optional[LogLine]: ...

    def until(self, function: Callable[[str], Any], lines_back: int = 0,
              timeout: Optional[float] = None, raise_exception: bool = True) -> Optional[LogLine]:
        """Waits for a line for which `function` gives something true, and returns it.

        The last `lines_back` lines that are there already count too. After `timeout` seconds
        WaitingForLogMessageTimeout is raised, or None returned without `raise_exception`;
        ServiceSuddenStopException if the bundle ends before that.
        """
        def match(line: LogLine) -> Optional[LogLine]:
            return line if function(line) else None

        found: Optional[LogLine] = self._until(match, lines_back, timeout, raise_exception)
        return found

    def until_json(self, function: Callable[[Any], Any], lines_back: int = 0,
                   timeout: Optional[float] = None, raise_exception: bool = True) -> Any:
        """The same for lines that are JSON objects or lists: `function` gets what a line holds, and
        that is returned. Other lines, and those for which it raises KeyError and the like, are not
        what is waited for."""
        raised: List[str] = []

        def match(line: LogLine) -> Any:
            try:
                content = parsed(line)
                return (content,) if function(content) else None
            except _NOT_THIS_LINE as error:
                if not isinstance(error, ValueError):
                    raised[:] = [f"; the condition raised {error!r} for {str(line)[:200]!r}"]
                return None

        found = self._until(match, lines_back, timeout, raise_exception, raised)
        return None if found is None else found[0]

    def grep(self, function: Callable[[str], Any], lines_back: int = 0,
             timeout: Optional[float] = None) -> None:
        """Prints those of the lines for which `function` gives something true, as follow() does."""
        deadline = None if timeout is None else time.monotonic() + timeout
        try:
            for lines in self._batches(lines_back, deadline):
                print_lines([line for line in lines if function(line)], self._sublog.has_titles)
        except KeyboardInterrupt:
            pass

    def lines(self) -> List[LogLine]:
        return self._sublog.lines()

    def cat(self, numlines: Optional[int] = None) -> None:
        """Prints the log, or its last `numlines` lines."""
        log = self._sublog
        print_lines(log.lines() if numlines is None else log.last_lines(max(0, numlines)), log.has_titles)

    def _until(self, match: Callable[[LogLine], Any], lines_back: int, timeout: Optional[float],
               raise_exception: bool, remarks: Sequence[str] = ()) -> Any:
        deadline = None if timeout is None else time.monotonic() + timeout
        seen = 0
        for lines in self._batches(lines_back, deadline):
            for line in lines:
                found = match(line)
                if found is not None:
                    return found
            seen += len(lines)
        source, name = self._sublog.source, self._sublog.describe()
        ended = source.why_ended()
        if not raise_exception:
            return None
        last = format_lines(self._sublog.last_lines(_LAST_LINES), self._sublog.has_titles)
        tail = f"; {seen} lines came" + "".join(remarks) + (f". The last ones:\n{last}" if last else "")
        if ended is not None:
            raise ServiceSuddenStopException(
                f"the bundle ended before {name} had the line that was waited for: {ended}{tail}")
        raise WaitingForLogMessageTimeout(
            f"no line of {name} was the one that was waited for, in {timeout} seconds{tail}")

    def _batches(self, lines_back: int, deadline: Optional[float]) -> Iterator[List[LogLine]]:
        """The last lines that are there, then those that come, until the deadline or the end."""
        source = self._sublog.source
        log = source.log_file()
        with log.watches.one() as watch:
            wanted = self._sublog.wants
            place, end = log.place_before_last(lines_back, wanted)
            cursor = LogCursor(log, wanted, place)
            yield list(deque(cursor.read(end), maxlen=lines_back))
            while True:
                ended = source.why_ended()  # before the last look
                came = False
                coming = cursor.read()
                while lines := list(itertools.islice(coming, _AT_ONCE)):
                    came = True
                    yield lines
                    if deadline is not None and time.monotonic() >= deadline:
                        return  # of a service that never pauses there is always more
                if came:
                    continue
                if ended is not None:
                    yield list(cursor.unfinished())
                    return
                if deadline is not None and time.monotonic() >= deadline:
                    return
                watch.wait(deadline)


class SubLog:
    """Some of the streams of a service. Printing it shows all of its lines."""

    def __init__(self, source: LogSource, service: str, phase: Optional[str] = None,
                 stream: Optional[str] = None) -> None:
        self.source = source
        self._service = service
        self._phase = phase
        self._stream = stream

    @property
    def has_titles(self) -> bool:
        return self._phase is None or self._stream is None

    def describe(self) -> str:
        what = [word for word in (self._phase if self._phase != "run" else None,
                                  self._stream and "std" + self._stream) if word]
        return f"'{self._service}'" + (f" ({' '.join(what)})" if what else "")

    def wants(self, stream: Stream) -> bool:
        return (stream.service == self._service
                and self._phase in (None, stream.phase) and self._stream in (None, stream.stream))

    @property
    def tail(self) -> Tail:
        return Tail(self)

    def lines(self) -> List[LogLine]:
        """All lines that there are, in the order in which they were finished. A last one without
        its newline is among them."""
        log = self.source.log_file()
        return self._between(log, 0, log.end())

    def last_lines(self, lines: int) -> List[LogLine]:
        """The last so many of them."""
        log = self.source.log_file()
        return self._between(log, *log.place_before_last(lines, self.wants), lines)

    def _between(self, log: LogFile, place: int, end: int, at_most: Optional[int] = None) -> List[LogLine]:
        cursor = LogCursor(log, self.wants, place)
        return list(deque(itertools.chain(cursor.read(end), cursor.unfinished()), at_most))

    def json(self) -> List[Any]:
        """What those lines hold that are JSON objects or lists."""
        found = []
        for line in self.lines():
            try:
                found.append(parsed(line))
            except ValueError:
                pass
        return found

    def __str__(self) -> str:
        try:
            return format_lines(self.lines(), self.has_titles)
        except HitchServeException as error:
            return f"({error})"

    __repr__ = __str__


class _Phase(SubLog):
    def __init__(self, source: LogSource, service: str, phase: str) -> None:
        super().__init__(source, service, phase)
        self.out = SubLog(source, service, phase, "out")
        self.err = SubLog(source, service, phase, "err")


class ServiceLogs(SubLog):
    """All that a service has printed: its program, and what ran before and after it."""

    def __init__(self, source: LogSource, service: str) -> None:
        super().__init__(source, service)
        self.out = SubLog(source, service, "run", "out")
        self.err = SubLog(source, service, "run", "err")
        self.setup = _Phase(source, service, "setup")
        self.poststart = _Phase(source, service, "poststart")
        self.teardown = _Phase(source, service, "teardown")
