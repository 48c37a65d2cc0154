"""Programs in Python: Django and Celery."""

from __future__ import annotations

import json
import os
import sys
from typing import Any, List, Optional, Sequence, Union

from hitchserve.hitch_exception import HitchException
from hitchserve.service import Service
from hitchserve.subcommand import Subcommand


def _check_version(service: Service, python: str, code: str, version: Optional[str]) -> None:
    if version is None:
        return
    found = str(service.subcommand(python, "-c", code).run(check_output=True)).strip()
    if version not in found:
        raise HitchException(f"'{service.name}' is to have version {version}, and has {found}")


class DjangoService(Service):
    """Django's development server, on 127.0.0.1."""

    def __init__(self, python: Optional[str] = None, version: Optional[str] = None, port: int = 18080,
                 managepy: Optional[str] = None, settings: Optional[str] = None,
                 fixtures: Optional[Sequence[str]] = None, verbosity: int = 1, sites: bool = False,
                 syncdb: bool = False, makemigrations: bool = False, migrations: bool = True,
                 **kwargs: Any) -> None:
        """
        python: the interpreter; that of the test if it is left out.
        version: fails if the version of Django does not have this in it.
        managepy: manage.py of the service's directory if it is left out.
        settings: the module of settings, if not manage.py's own.
        fixtures: files to load before the start.
        sites: "127.0.0.1:port" becomes the first of django.contrib.sites.
        syncdb, makemigrations, migrations: what is run before the start.
        """
        kwargs.setdefault("ready", {"log": "Quit the server with CONTROL-C."})
        super().__init__(**kwargs)
        self.python = python or sys.executable
        self.version = version
        self.port = port
        self._managepy = managepy
        self.settings = settings
        self.settings_option = [] if settings is None else [f"--settings={settings}"]
        self.django_fixtures = list(fixtures or ())
        self.verbosity = verbosity if 0 <= verbosity <= 3 else 1
        self.sites = sites
        self.syncdb = syncdb
        self.makemigrations = makemigrations
        self.migrations = migrations

    @property
    def managepy(self) -> str:
        return self._managepy or os.path.join(self.directory, "manage.py")

    @property
    def command(self) -> Optional[Sequence[str]]:
        return self._command or [self.python, "-u", self.managepy, "runserver", str(self.port),
                                 "--verbosity", str(self.verbosity), "--noreload", "--nothreading",
                                 *self.settings_option]

    @command.setter
    def command(self, value: Optional[Sequence[str]]) -> None:
        self._command = value

    def setup(self) -> None:
        _check_version(self, self.python, "import django; print(django.get_version())", self.version)
        if self.syncdb:
            self.manage("syncdb", "--noinput").run()
        if self.makemigrations:
            self.manage("makemigrations").run()
        if self.migrations:
            self.manage("migrate").run()
        if self.sites:
            self._set_site()
        if self.django_fixtures:
            self.manage("loaddata", *self.django_fixtures).run()

    def _set_site(self) -> None:
        where = f"127.0.0.1:{self.port}"
        site = {"pk": 1, "model": "sites.site", "fields": {"domain": where, "name": where}}
        path = os.path.join(self.service_group.hitch_dir.hitch_dir, f"{self.name}.sites.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump([site], file)
        self.manage("loaddata", path).run()

    def manage(self, *args: str) -> Subcommand:
        """manage.py with these words."""
        return self.subcommand(self.python, "-u", self.managepy, *args, *self.settings_option)

    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def savefixture(self, filename: str) -> None:
        """Writes what is in the database into a file."""
        data = self.manage("dumpdata").run(check_output=True)
        with open(filename, "w", encoding="utf-8") as file:  # here: it may be outside of the bundle
            file.write(str(data))


class CeleryService(Service):
    """A worker of Celery."""

    def __init__(self, python: Optional[str] = None, app: Optional[str] = None,
                 version: Optional[str] = None, beat: bool = False, loglevel: str = "INFO",
                 concurrency: int = 2, broker: Optional[str] = None, **kwargs: Any) -> None:
        """
        python: the interpreter; that of the test if it is left out.
        app: where the application is, such as "project.celery".
        version: fails if the version of Celery does not have this in it.
        beat: run the scheduler alongside.
        broker: its URL, if not the application's own.
        """
        self.python = python or sys.executable
        self.app_option = [] if app is None else [f"--app={app}"]
        broker_option = [] if broker is None else [f"--broker={broker}"]
        command = [self.python, "-u", "-m", "celery", *self.app_option, *broker_option, "worker",
                   *(["--beat"] if beat else []), f"--loglevel={loglevel}",
                   f"--concurrency={concurrency}"]
        kwargs.setdefault("command", command)
        kwargs.setdefault("ready", {"log": "Connected to"})
        super().__init__(**kwargs)
        self.version = version

    def setup(self) -> None:
        _check_version(self, self.python, "import celery; print(celery.__version__)", self.version)

    def celery(self, command: Union[str, List[str]], ignore_errors: bool = False) -> str:
        """Runs celery with these words, and returns what it printed."""
        words = command.split() if isinstance(command, str) else command
        done = self.subcommand(self.python, "-u", "-m", "celery", *self.app_option, *words)
        return str(done.run(ignore_errors=ignore_errors, check_output=True))

    def inspect(self, command: Union[str, List[str]]) -> str:
        return self.celery(["inspect", *(command.split() if isinstance(command, str) else command)])

    def control(self, command: Union[str, List[str]]) -> str:
        return self.celery(["control", *(command.split() if isinstance(command, str) else command)])

    def status(self) -> str:
        return self.celery(["status"])
