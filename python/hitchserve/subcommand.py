"""Commands that run in a service's environment, directory, namespaces and clock."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Any, Dict, Iterator, List, Literal, Optional, Tuple, Union, overload

from hitchserve.gates import current_moment

if TYPE_CHECKING:
    from hitchserve.service import Service


class Subcommand:
    """A command that belongs to a service: psql, redis-cli, manage.py."""

    def __init__(self, service: "Service", *args: str, directory: Optional[str] = None,
                 env_vars: Optional[Dict[str, Any]] = None) -> None:
        self.service = service
        self.command: List[str] = [str(arg) for arg in args]
        self.directory = directory
        self.env_vars = env_vars

    @overload
    def run(self, shell: bool = ..., ignore_errors: bool = ..., stdin: bool = ..., *,
            check_output: Literal[True], timeout: Optional[float] = ...) -> str: ...

    @overload
    def run(self, shell: bool = ..., ignore_errors: bool = ..., stdin: bool = ...,
            check_output: Literal[False] = ..., timeout: Optional[float] = ...) -> int: ...

    @overload
    def run(self, shell: bool = ..., ignore_errors: bool = ..., stdin: bool = ...,
            check_output: bool = ..., timeout: Optional[float] = ...) -> Union[str, int]: ...

    def run(self, shell: bool = False, ignore_errors: bool = False, stdin: bool = False,
            check_output: bool = False, timeout: Optional[float] = None) -> Union[str, int]:
        """Runs it to its end.

        shell: the words are one line for /bin/sh. stdin: it reads what this process would read.
        check_output: returns what it writes to its standard output, as text; otherwise that goes
        where this process writes, or from setup() and poststart() into the log, and its exit code is
        returned. Raises subprocess.CalledProcessError if it does not end with 0, unless
        ignore_errors; subprocess.TimeoutExpired after `timeout` seconds, when it has been killed.
        """
        argv = ["/bin/sh", "-c", " ".join(self.command)] if shell else self.command
        if current_moment() is not None and not check_output and not stdin:
            code, output = self._run_logged(argv, timeout), None
        else:
            code, output = self._run_here(argv, stdin, check_output, timeout)
        if code != 0 and not ignore_errors:
            died_by = code - 128 if code > 128 else None
            raise subprocess.CalledProcessError(-died_by if died_by else code, self.command, output)
        return code if output is None else output

    def _request(self, argv: List[str]) -> Dict[str, Any]:
        request: Dict[str, Any] = {"service": self.service.name, "argv": argv}
        if self.directory is not None:
            request["directory"] = os.path.abspath(self.directory)
        if self.env_vars:
            request["environment"] = {key: str(value) for key, value in self.env_vars.items()}
        return request

    def _run_logged(self, argv: List[str], timeout: Optional[float]) -> int:
        moment = current_moment()
        assert moment is not None
        connection = self.service.service_group.connection()
        started = connection.call("service.exec", log=moment.phase, **self._request(argv))
        return self._wait(started["exec"], timeout)

    def _run_here(self, argv: List[str], stdin: bool, check_output: bool,
                  timeout: Optional[float]) -> Tuple[int, Optional[str]]:
        connection = self.service.service_group.connection()
        with contextlib.ExitStack() as stack:
            source = _readable(sys.stdin) if stdin else None
            if source is None:
                source = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
                stack.callback(os.close, source)
            out = stack.enter_context(_Sink(None if check_output else sys.stdout))
            err = stack.enter_context(_Sink(sys.stderr))
            started = connection.call("service.exec", fds=[source, out.fd, err.fd],
                                      **self._request(argv))
            out.hand_over()
            err.hand_over()
            code = self._wait(started["exec"], timeout)
        return code, out.text() if check_output else None

    def _wait(self, number: int, timeout: Optional[float]) -> int:
        connection = self.service.service_group.connection()
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            try:
                left = None if deadline is None else max(0.0, deadline - time.monotonic())
                code = connection.wait_exec(number, left)
            except KeyboardInterrupt:
                connection.call("exec.signal", exec=number, signal=2)  # it is in another session
                raise
            if code is not None:
                return code
            connection.call("exec.signal", exec=number, signal=9)
            connection.wait_exec(number)
            raise subprocess.TimeoutExpired(self.command, timeout or 0)

    def __repr__(self) -> str:
        return f"<Subcommand {self.command!r} of '{self.service.name}'>"


def _readable(stream: Any) -> Optional[int]:
    try:
        return int(stream.fileno())
    except (AttributeError, OSError, ValueError):
        return None


class _Sink:
    """A descriptor for a program's output: a stream of this process, or a pipe that is read."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self._read = -1
        self._bytes: List[bytes] = []
        self._thread: Optional[threading.Thread] = None
        own = _readable(stream) if stream is not None else None
        if own is not None:
            stream.flush()
            self.fd = own
        else:
            self._read, self.fd = os.pipe()

    def __enter__(self) -> "_Sink":
        return self

    def hand_over(self) -> None:
        """The program has the writing end: what it writes is taken from now on."""
        if self._read >= 0:
            os.close(self.fd)
            self.fd = -1
            self._thread = threading.Thread(target=self._take, daemon=True, name="hitch output")
            self._thread.start()

    def _take(self) -> None:
        for data in _chunks(self._read):
            self._bytes.append(data)

    def __exit__(self, *_: object) -> None:
        if self._read < 0:
            return
        if self.fd >= 0:
            os.close(self.fd)
        if self._thread is not None:
            # A process that it left behind may hold the pipe for ever.
            self._thread.join(1.0)
        if self._stream is not None and self._bytes:
            self._stream.write(self.text())
            self._stream.flush()
        if self._thread is None or not self._thread.is_alive():
            os.close(self._read)

    def text(self) -> str:
        return b"".join(self._bytes).decode("utf-8", "replace")


def _chunks(fd: int) -> Iterator[bytes]:
    while True:
        data = os.read(fd, 1 << 16)
        if not data:
            return
        yield data
