"""A client of a bundle's control socket, which any number of threads may use at once.

The protocol is JSON-RPC 2.0, one message a line: docs/control.md of hitch has all of it.
"""

from __future__ import annotations

import array
import itertools
import json
import os
import socket
import threading
from typing import Any, Callable, Dict, List, Optional, Sequence

from hitchserve.hitch_exception import ControlError

Event = Dict[str, Any]
_LONGEST = 1 << 20  # bytes; a longer message would be the end of the connection, and of the bundle
_LONGEST_REMARK = 1 << 16  # characters, of up to 6 bytes each


def fit_to_send(text: str) -> str:
    """A text that JSON can carry, whatever is in it: no NUL, no half of a character."""
    return text.replace("\0", "\ufffd").encode("utf-8", "backslashreplace").decode("utf-8")


class ConnectionEnded(ControlError):
    """The other end has gone, and with it the bundle."""


class _Pending:
    def __init__(self) -> None:
        self.done = threading.Event()
        self.message: Optional[Dict[str, Any]] = None


class Connection:
    """Calls methods; hands each event to `on_event`, on the thread that reads."""

    # What may be sent before a connection is made of the socket, for first_answer().
    FIRST_REQUEST = b'{"jsonrpc": "2.0", "id": 0, "method": "bundle.info"}\n'

    def __init__(self, sock: socket.socket, on_event: Optional[Callable[[Event], None]] = None) -> None:
        self._socket = sock
        self._on_event = on_event
        self._numbers = itertools.count(1)
        self._first = _Pending()
        self._pending: Dict[int, _Pending] = {0: self._first}
        self._exit_codes: Dict[int, int] = {}
        self._changed = threading.Condition()
        self._sending = threading.Lock()
        # "send that message with one sendmsg, and wait for its answer before the next one"
        self._with_descriptors = threading.Lock()
        self.ended = threading.Event()
        self._reader = threading.Thread(target=self._read, name="hitch control", daemon=True)
        self._reader.start()

    @classmethod
    def to_path(cls, path: str) -> "Connection":
        sock = socket.socket(socket.AF_UNIX)
        directory, name = os.path.split(path)
        try:
            # The path itself may be longer than the 107 bytes that fit into an address. unix(7)
            place = os.open(directory, os.O_PATH | os.O_CLOEXEC)
            try:
                sock.connect(f"/proc/self/fd/{place}/{name}")
            finally:
                os.close(place)
        except OSError as error:
            sock.close()
            raise ConnectionEnded(f"the bundle cannot be reached: {error}") from error
        return cls(sock)

    def call(self, method: str, *, timeout: Optional[float] = None, fds: Sequence[int] = (),
             **params: Any) -> Any:
        """Calls a method and returns its result.

        Raises ControlError for what hitch refuses, ConnectionEnded if the bundle ends meanwhile and
        TimeoutError after `timeout` seconds.
        """
        if fds:
            with self._with_descriptors:
                return self._call(method, params, timeout, fds)
        return self._call(method, params, timeout, ())

    def first_answer(self) -> Any:
        """What is answered to FIRST_REQUEST; raises as call() does."""
        self._first.done.wait()
        return _result_of(self._first.message)

    def add_to_log(self, text: str, **where: str) -> None:
        """logs.append, for a text of any length."""
        text = fit_to_send(text)
        for at in range(0, max(len(text), 1), _LONGEST_REMARK):
            self.call("logs.append", text=text[at:at + _LONGEST_REMARK], **where)  # type: ignore[arg-type]

    def call_quietly(self, method: str, **params: Any) -> None:
        """The same for what need not be done if the bundle has ended."""
        try:
            self.call(method, **params)
        except ControlError:
            pass

    def _call(self, method: str, params: Dict[str, Any], timeout: Optional[float],
              fds: Sequence[int]) -> Any:
        pending = _Pending()
        number = next(self._numbers)
        request = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        line = json.dumps(request, ensure_ascii=False).encode() + b"\n"
        if len(line) > _LONGEST:
            raise ControlError(f"'{method}' with {len(line)} bytes is longer than 1 MiB", "usage")
        with self._changed:
            self._pending[number] = pending
        try:
            if self.ended.is_set():
                raise ConnectionEnded("the bundle has ended")
            self._send(line, fds)
            if not pending.done.wait(timeout):
                raise TimeoutError(f"hitch did not answer '{method}' within {timeout} seconds")
        finally:
            with self._changed:
                self._pending.pop(number, None)
        return _result_of(pending.message)

    def _send(self, line: bytes, fds: Sequence[int]) -> None:
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
        with self._sending:
            try:
                sent = self._socket.sendmsg([line], rights)
                self._socket.sendall(line[sent:])
            except OSError as error:
                raise ConnectionEnded(f"the bundle has ended: {error}") from error

    def wait_exec(self, number: int, timeout: Optional[float] = None) -> Optional[int]:
        """The exit code of a sub-command once it has ended; None after `timeout` seconds."""
        def has_ended() -> bool:
            return number in self._exit_codes or self.ended.is_set()
        with self._changed:
            if not self._changed.wait_for(has_ended, timeout):
                return None
            if number in self._exit_codes:
                return self._exit_codes.pop(number)
        raise ConnectionEnded("the bundle ended while a sub-command ran")

    def close(self) -> None:
        """Hangs up. Threads that wait for an answer are told that the connection has ended."""
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass  # the other end was faster
        if self._reader is not threading.current_thread():
            self._reader.join()
        self._socket.close()

    def forget(self) -> None:
        """In a forked child: lets go of the copy of the socket without a word to the other end."""
        self._socket.close()
        self.ended.set()

    def _read(self) -> None:
        try:
            self._read_all()
        finally:  # whatever happens, nobody waits for ever
            self._end()

    def _read_all(self) -> None:
        received: List[bytes] = []
        while True:
            try:
                data = self._socket.recv(1 << 16)
            except OSError:
                break
            if not data:
                break
            received.append(data)
            if b"\n" not in data:
                continue
            *lines, rest = b"".join(received).split(b"\n")
            received = [rest]
            for line in lines:
                self._take(json.loads(line))

    def _end(self) -> None:
        with self._changed:
            self.ended.set()
            waiting = list(self._pending.values())
            self._changed.notify_all()
        for pending in waiting:
            pending.done.set()

    def _take(self, message: Dict[str, Any]) -> None:
        params = message.get("params", {})
        if message.get("method") == "exec.ended":
            with self._changed:
                self._exit_codes[params["exec"]] = params["exit_code"]
                self._changed.notify_all()
        elif message.get("method") == "event":
            if self._on_event is not None:
                self._on_event(params)
        else:
            with self._changed:
                pending = self._pending.get(message.get("id", 0))
            if pending is not None:
                pending.message = message
                pending.done.set()


def _result_of(message: Optional[Dict[str, Any]]) -> Any:
    if message is None:
        raise ConnectionEnded("the bundle ended before it had answered")
    if "result" in message:
        return message["result"]
    error = message.get("error", {})
    data = error.get("data", {})
    raise ControlError(error.get("message", "an answer without content"), data.get("kind", "usage"),
                       data.get("hint"))
