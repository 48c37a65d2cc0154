"""A service of a bundle: what it runs, and what can be done with it while it runs."""

from __future__ import annotations

import inspect
import os
import shutil
import signal as signals
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Mapping, Optional, Sequence, Tuple, Union

import psutil

from hitchserve.gates import current_moment
from hitchserve.hitch_exception import (BundleMisconfiguration, HitchServiceException,
                                        ServiceMisconfiguration)
from hitchserve.service_logs import ServiceLogs
from hitchserve.subcommand import Subcommand

if TYPE_CHECKING:
    from hitchserve.service_bundle import ServiceBundle

Signal = Union[int, str, signals.Signals]


def literal(value: Any) -> Any:
    """A value of the bundle file that means what it says: nothing in it is a variable of hitch's."""
    if isinstance(value, str):
        return value.replace("$", "$$")
    if isinstance(value, os.PathLike):
        return literal(os.fspath(value))
    if isinstance(value, Mapping):
        return {key: literal(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [literal(item) for item in value]
    return value


class Service:
    """A program that runs for as long as its bundle does. Subclasses may have `setup`, which is
    called before it starts, and `poststart`, which is called when it is ready, before the services
    that need it start. Both run in the test's own process, on a thread of their own."""

    stop_signal: Signal = signals.SIGTERM

    def __init__(self, command: Optional[Sequence[str]] = None,
                 log_line_ready_checker: Optional[Callable[[str], Any]] = None,
                 directory: Optional[str] = None, no_libfaketime: bool = False,
                 env_vars: Optional[Mapping[str, Any]] = None,
                 needs: Optional[List["Service"]] = None, stop_signal: Optional[Signal] = None, *,
                 ready: Union[str, Mapping[str, Any], None] = None,
                 pass_environment: Optional[Sequence[str]] = None,
                 publish: Optional[Sequence[Union[int, str]]] = None,
                 subcommands: Optional[Mapping[str, Sequence[str]]] = None,
                 startup_timeout: Optional[float] = None,
                 options: Optional[Mapping[str, Any]] = None) -> None:
        """
        command: the program and its arguments; no shell is there.
        log_line_ready_checker: called with each line that the program prints, until it gives
            something true: then the service is ready.
        ready: instead of that, or on top of it, a condition of the bundle file, such as
            {"listen": 5432}; {} is "when its program runs".
        directory: where it runs; the bundle's project_directory if it is left out.
        no_libfaketime: it sees the machine's clock and not the bundle's.
        env_vars: what its environment has beside PATH, HOME, USER, LANG, TZ and TERM.
        needs: services that have to be ready before this one starts.
        stop_signal: what it is told to end with.
        pass_environment: names of variables that it gets from this process, "PREFIX_*" too.
        publish: ports to reach from outside, with network="private": see address().
        subcommands: names for subcommand(), with the words that they stand for.
        startup_timeout: seconds from its own start to the end of poststart(), if not the bundle's.
        options: any other keys of the bundle file, as they stand there.
        """
        if log_line_ready_checker is not None:
            _check_predicate(log_line_ready_checker)
        elif ready is None and command is not None:
            raise ServiceMisconfiguration(
                "log_line_ready_checker must be a function that takes one argument: a string. "
                "(For a service that says nothing: ready={'listen': PORT}, or ready={})")
        _check_needs(needs)
        self._command = command
        self._directory = directory
        self._name = ""
        self._service_group: Optional["ServiceBundle"] = None
        self.log_line_ready_checker = log_line_ready_checker
        self.no_libfaketime = no_libfaketime
        self.env_vars: Dict[str, Any] = dict(env_vars or {})
        self.needs = needs
        self.ready = ready
        self.pass_environment = pass_environment
        self.publish = publish
        self.subcommands = subcommands
        self.startup_timeout = startup_timeout
        self.options: Dict[str, Any] = dict(options or {})
        if stop_signal is not None:
            self.stop_signal = stop_signal

    # What subclasses have.

    def setup(self) -> None:
        """Called before the program starts, when all that it needs is ready."""

    def poststart(self) -> None:
        """Called when the program is ready, before what needs it starts."""

    # What it is.

    @property
    def name(self) -> str:
        return self._name

    @property
    def service_group(self) -> "ServiceBundle":
        """The bundle that it belongs to."""
        if self._service_group is None:
            raise ServiceMisconfiguration("this service is in no bundle yet")
        return self._service_group

    def join(self, bundle: "ServiceBundle", name: str) -> None:
        """Called by the bundle that it is put into."""
        if self._service_group is bundle and self._name != name:
            raise BundleMisconfiguration(f"'{name}' is in a bundle already, as '{self._name}'")
        self._service_group = bundle
        self._name = name
        self.logs = ServiceLogs(bundle, name)

    @property
    def command(self) -> Optional[Sequence[str]]:
        return self._command

    @command.setter
    def command(self, value: Optional[Sequence[str]]) -> None:
        self._command = value

    @property
    def directory(self) -> str:
        """Where it runs."""
        if self._directory is not None:
            return self._directory
        return self.service_group.project_directory

    @directory.setter
    def directory(self, value: Optional[str]) -> None:
        self._directory = value

    def check(self) -> None:
        """Raises BundleMisconfiguration for what can be seen to be wrong before anything starts."""
        command = self.command
        if command is not None:
            if isinstance(command, str) or not all(isinstance(word, str) for word in command):
                raise BundleMisconfiguration(
                    f"'{self.name}' command should be a list of strings - e.g. ['startservice', "
                    f"'arg1', 'arg2'] - and not {command!r}")
            path = self.env_vars.get("PATH", os.environ.get("PATH"))
            if not command or (os.sep not in command[0] and not shutil.which(command[0], path=path)):
                raise BundleMisconfiguration(
                    f"'{self.name}' command must call an existing file, not '{command[0] if command else ''}'")
        if not os.path.isdir(self.directory):
            raise BundleMisconfiguration(
                f"'{self.name}' directory '{self.directory}' must exist.")

    def describe(self) -> Dict[str, Any]:
        """The service as the bundle file has it."""
        group = self.service_group
        spec: Dict[str, Any] = {"gates": self.gates()}
        if self.command is not None:
            spec["command"] = literal(list(self.command))
        spec["working_dir"] = literal(os.path.abspath(self.directory))
        spec["environment"] = {key: literal(str(value)) for key, value in self.env_vars.items()}
        passed = [*group.pass_environment, *(self.pass_environment or ())]
        if passed:
            spec["pass_environment"] = passed
        if self.needs:
            spec["depends_on"] = [group.name_of(need) for need in self.needs]
        if self.ready:
            spec["ready"] = literal(self.ready)
        if self.no_libfaketime:
            spec["clock"] = "real"
        if self.publish:
            spec["publish"] = list(self.publish)
        if self.subcommands:
            spec["subcommands"] = literal(self.subcommands)
        if self.startup_timeout is not None:
            spec["startup_timeout"] = self.startup_timeout
        spec["stop_signal"] = str(int(self.stop_signal) if isinstance(self.stop_signal, int)
                                  else self.stop_signal)
        spec.update(self.options)
        return {key: value for key, value in spec.items() if value or value == 0}

    def gates(self) -> List[str]:
        """Where it has to wait for this process."""
        has = {"setup": type(self).setup is not Service.setup,
               "ready": self.log_line_ready_checker is not None,
               "poststart": type(self).poststart is not Service.poststart}
        return [name for name, needed in has.items() if needed]

    # What can be done with it while it runs.

    logs: ServiceLogs

    def info(self) -> Dict[str, Any]:
        """What hitch knows of it: docs/control.md lists the keys, under bundle.info."""
        found = self.service_group.connection().call("bundle.info")["services"]
        for service in found:
            if service["name"] == self.name:
                return dict(service)
        return {}

    @property
    def pid(self) -> int:
        """The process id of its program, outside of the bundle; 0 if it does not run."""
        return int(self.info().get("pid", 0))

    @property
    def process(self) -> psutil.Process:
        """Its program, for all that psutil can tell of one."""
        pid = self.pid
        if pid == 0:
            raise HitchServiceException(f"service '{self.name}' does not run")
        return psutil.Process(pid)

    def subcommand(self, *args: str) -> Subcommand:
        """A command in this service's environment, directory and clock; see Subcommand.run()."""
        return Subcommand(self, *args)

    def address(self, port: int) -> Tuple[str, int]:
        """Where a port of it is that was published: the host's address and port."""
        for text in self.info().get("published", []):
            outside, inside = text.split("->")
            if int(inside) == port:
                host, number = outside.rsplit(":", 1)
                return host.strip("[]"), int(number)
        raise HitchServiceException(f"service '{self.name}' does not publish port {port}")

    def start(self) -> None:
        """Starts it again after it has ended; returns when it is ready."""
        self._call("service.start")

    def stop(self) -> None:
        """Stops it while the rest goes on; returns when it has ended."""
        self._call("service.stop")

    def restart(self) -> None:
        self._call("service.restart")

    def pause(self) -> None:
        """All of its processes stand still until unpause()."""
        self._call("service.pause")

    def unpause(self) -> None:
        self._call("service.unpause")

    def kill(self, signal: Signal = signals.SIGKILL) -> None:
        """Sends a signal to its program. If that ends by it, the bundle goes on without it."""
        number = int(signal) if isinstance(signal, int) else signal
        self._call("service.kill", signal=str(number))

    def wait(self) -> int:
        """Waits until it has ended for good, and returns its exit code."""
        return int(self._call("service.wait")["exit_code"])

    def _call(self, method: str, **params: Any) -> Any:
        return self.service_group.connection().call(method, service=self.name, **params)

    def log(self, line: object) -> None:
        """Adds a line to the log: from setup() and poststart() to this service's own."""
        self._say("out", line)

    def warn(self, line: object) -> None:
        """The same, as an error."""
        self._say("err", line)

    def _say(self, stream: str, line: object) -> None:
        moment = current_moment()
        if moment is None:
            self.service_group.add_to_log("Test", stream, str(line))
        else:
            self.service_group.add_to_log(moment.service, stream, str(line), moment.phase)

    def __repr__(self) -> str:
        return f"<{type(self).__name__} '{self.name}'>"


def _check_predicate(predicate: Callable[[str], Any]) -> None:
    if not callable(predicate):
        raise ServiceMisconfiguration(
            "log_line_ready_checker must be a function that takes one argument: a string")
    try:
        signature = inspect.signature(predicate)
    except ValueError:  # a builtin that does not tell
        return
    try:
        signature.bind("a line")
    except TypeError:
        raise ServiceMisconfiguration(
            "log_line_ready_checker must take only one argument.") from None


def _check_needs(needs: Optional[List[Service]]) -> None:
    if needs is None:
        return
    if not isinstance(needs, list) or not all(isinstance(need, Service) for need in needs):
        raise ServiceMisconfiguration("needs must be of type List[Service] or None.")
