"""A bundle of services that start, travel in time and stop together."""

from __future__ import annotations

import atexit
import os
import re
import sys
import threading
import weakref
from datetime import datetime as Datetime
from datetime import timedelta as Timedelta
from typing import (Any, Dict, ItemsView, Iterator, KeysView, List, Mapping, Optional, Sequence, Union,
                    ValuesView)

from hitchserve import gate_output, ipykernel, process_tree
from hitchserve.connection import Connection, ConnectionEnded
from hitchserve.gates import GateKeeper
from hitchserve.hitch_dir import HitchDir
from hitchserve.hitch_exception import (BundleMisconfiguration, ControlError, HitchServeException,
                                        ServiceStartupTimeoutException, ServiceSuddenStopException,
                                        UnknownService)
from hitchserve.log_file import LogCursor, LogFile, LogLine
from hitchserve.screen import Screen
from hitchserve.service import Service
from hitchserve.service_logs import SubLog
from hitchserve.supervisor import Supervisor

_NAME = re.compile(r"[A-Za-z0-9._][A-Za-z0-9._-]{0,63}")
_RESERVED = ("Test", "Hitch", "Harness")
# What hitch says of a service that is late, and what that means here.
_WORDS_OF_GATES = {
    "waited for a client to open its gate 'ready'": "waited for a line that log_line_ready_checker takes",
    "waited for a client to open its gate 'setup'": "was in its setup()",
    "waited for a client to open its gate 'poststart'": "was in its poststart()",
}
_running: "weakref.WeakSet[ServiceBundle]" = weakref.WeakSet()


def running_bundles() -> List["ServiceBundle"]:
    """The bundles that this process has started and not shut down yet."""
    return [bundle for bundle in _all_running() if bundle.is_ours]


def _all_running() -> List["ServiceBundle"]:
    while True:
        try:
            return list(_running)
        except RuntimeError:  # another thread has started one meanwhile
            continue


class ServiceBundle:
    """Services by name. A bundle belongs to the process that calls startup(): it ends with it,
    however that ends. Children that are forked off may use it, and do not end it."""

    def __init__(self, project_directory: Union[str, "os.PathLike[str]"], startup_timeout: float = 15.0,
                 shutdown_timeout: float = 5.0, hitch_dir: Optional[str] = None, quiet: bool = False,
                 *, name: Optional[str] = None, network: Optional[str] = "host",
                 filesystem: Optional[str] = None, clock: Union[bool, Mapping[str, Any]] = True,
                 pass_environment: Sequence[str] = (), bundle_file: Union[str, Sequence[str], None] = None,
                 options: Optional[Mapping[str, Any]] = None, environment: Any = None) -> None:
        """
        project_directory: where services run that name no other directory.
        startup_timeout, shutdown_timeout: seconds, for all services together.
        quiet: the services' lines are not shown while they run.
        network: "host", or "private" for one of its own, in which every port is free; then
            Service(publish=[...]) lets the test in.
        filesystem: "private" (the default of hitch), "overlay" or "host".
        clock: False for a bundle without a clock of its own, or a map with start, rate and frozen.
        pass_environment: names of variables that every service gets from this process.
        bundle_file: one or more files; what is said in code is laid over them.
        options: any other keys of the bundle file, as they stand there.
        environment is taken for the sake of old tests, and not looked at.
        """
        del environment
        self.project_directory = os.path.abspath(os.fspath(project_directory))
        self.startup_timeout = startup_timeout
        self.shutdown_timeout = shutdown_timeout
        self.hitch_dir = HitchDir(self.project_directory, hitch_dir)
        self.quiet = quiet
        self.pass_environment = list(pass_environment)
        self._name = name
        self._network = network
        self._filesystem = filesystem
        self._clock = clock
        files = [bundle_file] if isinstance(bundle_file, (str, os.PathLike)) else bundle_file or []
        self._files = [os.path.abspath(file) for file in files]
        self._options: Dict[str, Any] = dict(options or {})
        self._services: Dict[str, Service] = {}
        self._lock = threading.RLock()
        self._pid = os.getpid()
        self._supervisor: Optional[Supervisor] = None
        self._connection: Optional[Connection] = None
        self._socket_path = ""
        self._log: Optional[LogFile] = None
        self._screen: Optional[Screen] = None
        self._gates: Optional[GateKeeper] = None
        self._failure: Optional[str] = None
        self._is_shut_down = False

    @classmethod
    def from_file(cls, bundle_file: Union[str, "os.PathLike[str]"], **options: Any) -> "ServiceBundle":
        """A bundle that a file describes. Unlike one made in code it has the file's own timeouts,
        network and clock; `options` are those of the class."""
        path = os.path.abspath(os.fspath(bundle_file))
        given: Dict[str, Any] = {"network": None, "clock": False, "startup_timeout": None,
                                 "shutdown_timeout": None, **options}
        return cls(os.path.dirname(path), bundle_file=path, **given)

    # The services.

    def __len__(self) -> int:
        return len(self._services)

    def __getitem__(self, key: str) -> Service:
        if key not in self._services:
            raise UnknownService(f"the bundle has no service '{key}'")
        return self._services[key]

    def __setitem__(self, key: str, value: Service) -> None:
        if not isinstance(value, Service):
            raise BundleMisconfiguration(f"'{key}' must be of type 'Service'")
        if self._supervisor is not None:
            raise BundleMisconfiguration(f"'{key}' comes too late: the bundle has been started")
        if key in _RESERVED:
            raise BundleMisconfiguration(f"{key} is not an allowed service name.")
        if not _NAME.fullmatch(key):
            raise BundleMisconfiguration(
                f"'{key}' is not an allowed service name: it is made of letters, digits, '.', '_' and '-'")
        value.join(self, key)
        value.check()
        self._services[key] = value

    def __contains__(self, key: object) -> bool:
        return key in self._services

    def __iter__(self) -> Iterator[str]:
        return iter(self._services)

    def items(self) -> ItemsView[str, Service]:
        return self._services.items()

    def values(self) -> ValuesView[Service]:
        return self._services.values()

    def keys(self) -> KeysView[str]:
        return self._services.keys()

    def __repr__(self) -> str:
        return repr(self._services)

    def name_of(self, service: Service) -> str:
        """Under which name a service is in this bundle."""
        for name, candidate in self._services.items():
            if candidate is service:
                return name
        raise BundleMisconfiguration(f"{service!r} is needed by another service, and not in the bundle")

    @property
    def name(self) -> str:
        """The bundle's name, as far as it is known here."""
        if self._name is not None:
            return self._name
        return re.sub(r"[^A-Za-z0-9._-]", "-", os.path.basename(self.project_directory)
                      ).lstrip("-.")[:64] or "bundle"

    def describe(self) -> Dict[str, Any]:
        """The bundle as hitch gets it: a bundle file."""
        spec: Dict[str, Any] = {}
        if self._name is not None or not self._files:
            spec["name"] = self.name
        if self.startup_timeout is not None:
            spec["startup_timeout"] = self.startup_timeout
        if self.shutdown_timeout is not None:
            spec["shutdown_timeout"] = self.shutdown_timeout
        if self._network is not None:
            spec["network"] = self._network
        if self._filesystem is not None:
            spec["filesystem"] = self._filesystem
        if self._clock is not False:
            spec["clock"] = {} if self._clock is True else dict(self._clock)
        spec.update(self._options)
        spec["services"] = {name: service.describe() for name, service in self._services.items()}
        return spec

    # Its life.

    def startup(self, interactive: bool = True) -> None:
        """Starts all services, and returns when they are ready.

        interactive: from then on nothing is shown, as for somebody at a prompt. Otherwise what the
        services print is shown as it comes, each line with the name of its service.
        Raises what setup(), poststart() or log_line_ready_checker raised;
        ServiceStartupTimeoutException, ServiceSuddenStopException, BundleMisconfiguration, or
        HitchServeException. Nothing is left then.
        """
        with self._lock:
            if self._supervisor is not None:
                raise HitchServeException("the bundle has been started already")
            if not self._services and not self._files:
                raise BundleMisconfiguration("the bundle has no services")
            self._pid = os.getpid()
            self._gates = GateKeeper(self._services, self.log_file)
            self._supervisor = Supervisor(self.describe(), self._files, self.project_directory,
                                          Connection.FIRST_REQUEST)
            self._connection = Connection(self._supervisor.socket, self._on_event)
            self._gates.connect(self._connection)
            _running.add(self)
        try:
            self._start()
        except ControlError as error:
            self._give_up(error)
        except BaseException:
            self.shutdown()
            raise
        if interactive:
            self.start_interactive_mode()

    def _start(self) -> None:
        assert self._connection is not None and self._gates is not None
        info = self._connection.first_answer()
        state = info["state_directory"]
        self._log = LogFile(os.path.join(state, "log"))
        self._socket_path = info["socket"]
        self._name = info["name"]
        if not self.quiet:
            self._screen = Screen(self._log, self._services, self._connection.ended.is_set)
        # Each gate from here on is an event; those that services wait at already are not.
        self._connection.call("events.subscribe")
        for service in self._connection.call("bundle.info")["services"]:
            if "gate" in service:
                self._gates.reached(service["name"], service["gate"])
        self._connection.call("bundle.wait_ready")
        if self._files:
            self._add_services_of_files()

    @staticmethod
    def _names_in(info: Mapping[str, Any]) -> List[str]:
        return [service["name"] for service in info["services"]]

    def _add_services_of_files(self) -> None:
        for name in self._names_in(self.connection().call("bundle.info")):
            if name not in self._services:
                service = Service(ready={})
                service.join(self, name)
                self._services[name] = service

    def _give_up(self, error: ControlError) -> None:
        """Says, in the right type, why the bundle did not start."""
        assert self._supervisor is not None and self._gates is not None
        self._connection_of_owner().call_quietly("bundle.stop", by="the test")
        code = self._supervisor.wait(self._patience())
        said = self._supervisor.said()
        cause = self._gates.first_error()
        self.shutdown()
        if cause is not None:
            raise cause
        text = error.message if not isinstance(error, ConnectionEnded) else ""
        if said and text not in said:
            text = f"{text}\n{said}" if text else said
        elif said:
            text = said
        for words, meaning in _WORDS_OF_GATES.items():
            text = text.replace(words, meaning)
        if code == 2:
            raise BundleMisconfiguration(text) from None
        if code == 124 or error.kind == "timeout":
            raise ServiceStartupTimeoutException(text) from None
        if re.search(r"(service|task) '[^']+' (died|failed)", text):
            raise ServiceSuddenStopException(text) from None
        text = text or f"hitch ended with {code}"
        if code == 0 and not said:
            text += ": there is no service in it that goes on running, or somebody has stopped it"
        raise HitchServeException(text) from None

    def _connection_of_owner(self) -> Connection:
        assert self._connection is not None
        return self._connection

    def _patience(self) -> float:
        """How long a bundle may take to go: docs/running.md, "How things stop"."""
        own = self.shutdown_timeout if self.shutdown_timeout is not None else 60.0
        return 2 * own + 15.0

    def shutdown(self) -> None:
        """Stops all services, those first that others do not need, and returns when nothing is left.
        More than once is the same as once. In a forked child it does nothing."""
        if not self.is_ours:
            return
        with self._lock:
            if self._supervisor is None or self._is_shut_down:
                return
            self._is_shut_down = True
            if self._screen is not None:
                self._screen.end_soon()
            connection = self._connection_of_owner()
            connection.call_quietly("bundle.stop", by="the test")
            if self._supervisor.wait(self._patience()) is None:
                self._supervisor.kill()
            connection.close()
            if self._screen is not None:
                self._screen.close()
                self._screen = None
            _running.discard(self)

    def __enter__(self) -> "ServiceBundle":
        if self._supervisor is None or self._is_shut_down:  # which startup() refuses
            self.startup(interactive=False)
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()

    @property
    def is_ours(self) -> bool:
        """Whether this process is the one that started the bundle, or may do so."""
        return self._pid == os.getpid()

    def _on_event(self, event: Dict[str, Any]) -> None:
        if event["type"] == "gate" and self._gates is not None:
            self._gates.reached(event["service"], event["gate"])
        elif event["type"] == "bundle" and event["state"] == "stopping":
            self._failure = event.get("reason")

    # What the parts of it need.

    def connection(self) -> Connection:
        """The way to its supervisor, for methods that docs/control.md of hitch describes."""
        with self._lock:
            if self._supervisor is None:
                raise HitchServeException("the bundle has not been started")
            if self._connection is None:  # in a forked child
                self._connection = Connection.to_path(self._socket_path)
            if self._connection.ended.is_set() or self._failure is not None:
                raise ServiceSuddenStopException(f"the bundle has ended: {self.why_ended()}")
            return self._connection

    def log_file(self) -> LogFile:
        if self._log is None:
            raise HitchServeException("the bundle has not been started: there is no log yet")
        return self._log

    def why_ended(self) -> Optional[str]:
        """None as long as the bundle is there."""
        if self._connection is None and self._supervisor is not None:  # in a forked child
            try:
                self._connection = Connection.to_path(self._socket_path)
            except ConnectionEnded:
                return self._failure or "its supervisor has gone"
        connection = self._connection
        if connection is None or not connection.ended.is_set():
            return self._failure
        if self._failure:
            return self._failure
        return "it has been shut down" if self._is_shut_down else "its supervisor has gone"

    def after_fork(self) -> None:
        """In a forked child: the connection is the parent's, and no thread has come along."""
        self._lock = threading.RLock()
        self._screen = None
        if self._log is not None:
            self._log.after_fork()
        if self._connection is not None:
            self._connection.forget()
            self._connection = None

    # What a test does with it.

    def log(self, message: object) -> None:
        """Adds a line of the test's own to the log."""
        self.add_to_log("Test", "out", str(message))

    def warn(self, message: object) -> None:
        """The same, as an error."""
        self.add_to_log("Test", "err", str(message))

    def add_to_log(self, service: str, stream: str, text: str, phase: str = "run") -> None:
        if self._supervisor is None or self._is_shut_down:
            print(text, file=sys.stderr if stream == "err" else sys.stdout, flush=True)
            return
        self.connection().add_to_log(text, service=service, stream=stream, phase=phase)

    @property
    def logs(self) -> SubLog:
        """The log of the whole bundle."""
        return _WholeLog(self, "the bundle")

    def log_lines(self, since: float = 0.0) -> List[LogLine]:
        """The lines of all services that were begun since then, by time.monotonic()."""
        cursor = LogCursor(self.log_file(), lambda stream: True)
        return [line for line in (*cursor.read(), *cursor.unfinished()) if line.monotonic >= since]

    def time_travel(self, datetime: Optional[Datetime] = None, timedelta: Optional[Timedelta] = None,
                    seconds: float = 0, minutes: float = 0, hours: float = 0, days: float = 0) -> None:
        """Moves the clock that the services see, forward or backward.

        To `datetime`, if it is given (without a zone it is local time), else from the bundle's now; the
        rest is added to that. Prints where that is. Raises ControlError for what no clock shows.
        """
        span = Timedelta(seconds=seconds, minutes=minutes, hours=hours, days=days)
        span += timedelta or Timedelta(0)
        if datetime is not None:
            told = self._travel(to=(datetime + span).astimezone().isoformat())
        else:
            told = self._travel(seconds=span.total_seconds())
        print(told["message"], flush=True)

    def _travel(self, **params: Any) -> Dict[str, Any]:
        return dict(self.connection().call("time.travel", **params))

    def now(self) -> Datetime:
        """The time that the services see, as local time without a zone."""
        if self._supervisor is None or self._clock is False and not self._files:
            return Datetime.now()
        try:
            told = str(self.connection().call("time.now")["now"])
        except ControlError as error:
            if error.kind == "usage":  # a bundle file without a clock
                return Datetime.now()
            raise
        return Datetime.fromisoformat(told.replace("Z", "+00:00")).astimezone().replace(tzinfo=None)

    @property
    def timedelta(self) -> Timedelta:
        """How far the services' time is from the machine's."""
        return self.now() - Datetime.now()

    def pstree(self) -> None:
        """Prints the bundle's processes as a tree."""
        if self._supervisor is None:
            raise HitchServeException("the bundle has not been started")
        print(process_tree.text_of(self._supervisor.pid), flush=True)

    def start_interactive_mode(self) -> None:
        """Shows nothing more of what the services print: for somebody at a prompt."""
        if self._screen is not None:
            self._screen.mute()

    def stop_interactive_mode(self) -> None:
        """Shows what the services print from now on."""
        if self._screen is not None:
            self._screen.unmute()

    def wait_for_ipykernel(self, service_name: str, timeout: float = 10) -> str:
        """Waits until a service has started an IPython kernel, and returns its connection file."""
        return ipykernel.wait(self[service_name], timeout)

    def connect_to_ipykernel(self, service_name: str, timeout: float = 10) -> None:
        """Opens a console on the IPython kernel in a service, as soon as there is one."""
        ipykernel.connect(self.wait_for_ipykernel(service_name, timeout))


class _WholeLog(SubLog):
    def wants(self, stream: object) -> bool:
        return True

    def describe(self) -> str:
        return "the bundle"


def _shut_down_all() -> None:
    for bundle in running_bundles():
        bundle.shutdown()


def _after_fork() -> None:
    gate_output.after_fork()
    for bundle in _all_running():
        bundle.after_fork()


atexit.register(_shut_down_all)
os.register_at_fork(after_in_child=_after_fork)
