"""Runs what a test says about its services at the right moment: their gates.

docs/control.md of hitch says what a gate is. Each one that is reached gets a thread of its own, since
services that do not depend on each other start side by side.
"""

from __future__ import annotations

import contextlib
import threading
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Optional

from hitchserve import gate_output
from hitchserve.connection import Connection, fit_to_send
from hitchserve.hitch_exception import ControlError
from hitchserve.log_file import LogCursor, LogFile, Stream

if TYPE_CHECKING:
    from hitchserve.service import Service

_here = threading.local()


class Moment:
    """Which service is being set up by the present thread, and where in its life it is."""

    def __init__(self, service: str, phase: str) -> None:
        self.service = service
        self.phase = phase


def current_moment() -> Optional[Moment]:
    return getattr(_here, "moment", None)


class GateKeeper:
    """Serves the gates of one bundle, and keeps what went wrong at them."""

    def __init__(self, services: Dict[str, "Service"], log_file: Callable[[], LogFile]) -> None:
        self._services = services
        self._log_file = log_file
        self._connection: Optional[Connection] = None
        self._known: Dict[str, int] = {}
        self._lock = threading.Lock()
        self.errors: List[BaseException] = []

    def connect(self, connection: Connection) -> None:
        self._connection = connection

    def reached(self, service: str, gate: Dict[str, Any]) -> None:
        """Called once or more for each gate that a service waits at."""
        with self._lock:
            if self._known.get(service, 0) >= gate["number"]:
                return
            self._known[service] = gate["number"]
        threading.Thread(target=self._serve, args=(service, gate), daemon=True,
                         name=f"hitch {gate['at']} {service}").start()

    def _serve(self, service: str, gate: Dict[str, Any]) -> None:
        assert self._connection is not None
        objection: Dict[str, Any] = {}
        try:
            if not self._run(service, gate):
                return
        except BaseException as error:  # whatever a test's own code may raise
            with self._lock:
                self.errors.append(error)
            what = "log_line_ready_checker" if gate["at"] == "ready" else f"{gate['at']}()"
            text = f"its {what} raised {type(error).__name__}: {error}"[:2000]
            objection = {"error": fit_to_send(text)}
        with contextlib.suppress(ControlError):  # the bundle has given up on it
            self._connection.call("gate.open", gate=gate["number"], **objection)

    def _run(self, name: str, gate: Dict[str, Any]) -> bool:
        service = self._services.get(name)
        if service is None:  # of a file that has gates of its own: some other client's business
            return False
        if gate["at"] == "ready":
            return self._wait_until_ready(service, name, gate)
        assert self._connection is not None
        connection, phase = self._connection, str(gate["at"])

        def write(stream: str, text: str) -> None:
            connection.add_to_log(text, service=name, phase=phase, stream=stream)

        _here.moment = Moment(name, phase)
        try:
            with gate_output.into(write):
                service.setup() if phase == "setup" else service.poststart()
        finally:
            _here.moment = None
        return True

    def _wait_until_ready(self, service: "Service", name: str, gate: Dict[str, Any]) -> bool:
        """Whether the service has said that it is ready; False once nobody waits for that."""
        assert self._connection is not None and service.log_line_ready_checker is not None
        log = self._log_file()
        log.end()

        def wanted(stream: Stream) -> bool:
            return stream.service == name and stream.phase == "run"

        cursor = LogCursor(log, wanted, gate["log_offset"])
        with log.watches.one() as watch:
            while not self._connection.ended.is_set():
                for line in cursor.read():
                    if service.log_line_ready_checker(line):
                        return True
                if self._known[name] != gate["number"]:
                    return False
                watch.wait()
        return False

    def first_error(self) -> Optional[BaseException]:
        with self._lock:
            return self.errors[0] if self.errors else None

