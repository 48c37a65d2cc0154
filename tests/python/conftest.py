"""What the tests of the Python package share: bundles of real services, and free ports for them."""

import itertools
import os
import random
import shutil
import socket
import subprocess
import sys

import pytest

import hitchserve
from hitchserve.services import (DjangoService, HitchSMTPService, PostgresDatabase, PostgresService,
                                 PostgresUser, RedisService)

HERE = os.path.dirname(os.path.abspath(__file__))
PATIENCE = 60  # seconds, for what takes far less
pytest_plugins = ["pytester"]


@pytest.fixture(autouse=True, scope="session")
def own_directories(tmp_path_factory):
    """Runs and caches of these tests, away from those of whoever runs them."""
    root = tmp_path_factory.mktemp("xdg")
    with pytest.MonkeyPatch.context() as patch:
        for name in ("XDG_RUNTIME_DIR", "XDG_STATE_HOME", "XDG_CACHE_HOME"):
            directory = root / name
            directory.mkdir(mode=0o700)
            patch.setenv(name, str(directory))
        for name in ("HITCH_FILE", "HITCH_PROJECT", "HITCH_PROFILE", "HITCH_FORMAT", "HITCH_COLOR"):
            patch.delenv(name, raising=False)
        yield


_next_port = itertools.count(random.randrange(10_000, 30_000))


def free_port():
    """A port of 127.0.0.1 that is free now, and below those that the kernel gives to clients."""
    for port in _next_port:
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
                return port
            except OSError:
                continue


def bundles_left():
    """What `hitch ls` says: one line for each bundle that runs."""
    listed = subprocess.run([os.environ.get("HITCH_BINARY", "hitch"), "--format", "json", "ls"],
                            capture_output=True, text=True, check=True, timeout=PATIENCE)
    return listed.stdout.splitlines()


@pytest.fixture
def project(tmp_path):
    return tmp_path


@pytest.fixture
def bundle(project):
    """An empty bundle, shut down after the test."""
    made = hitchserve.ServiceBundle(project, startup_timeout=PATIENCE, quiet=True)
    yield made
    made.shutdown()


def talker(text="READY", then="", **options):
    """A service that prints a text, does something in a shell, and stays."""
    script = f"echo '{text}'; {then}\nexec sleep 1000"
    options.setdefault("log_line_ready_checker", lambda line: line == text)
    return hitchserve.Service(command=["/bin/sh", "-c", script], **options)


def remindme_bundle(directory, **options):
    """Django, Postgres, Redis, a mail server, and what sends the mails."""
    site = os.path.join(directory, "remindme")
    shutil.copytree(os.path.join(HERE, "site"), site)
    services = hitchserve.ServiceBundle(site, startup_timeout=PATIENCE, **options)
    user = PostgresUser("remindme", "password")
    services["Postgres"] = PostgresService(
        port=free_port(), users=[user], databases=[PostgresDatabase("remindme", user)])
    services["HitchSMTP"] = HitchSMTPService(port=free_port())
    services["Redis"] = RedisService(port=free_port())
    env_vars = {"DATABASE_PORT": services["Postgres"].port, "EMAIL_PORT": services["HitchSMTP"].port,
                "REDIS_PORT": services["Redis"].port}
    needs = [services["Postgres"], services["HitchSMTP"], services["Redis"]]
    python = "/usr/bin/python3"  # Debian's, which has its Django
    services["Django"] = DjangoService(python=python, port=free_port(), needs=needs, env_vars=env_vars)
    services["Mailer"] = hitchserve.Service(
        command=[python, "-u", "manage.py", "send_mails"], env_vars=env_vars,
        log_line_ready_checker=lambda line: "Sending mails" in line, needs=[services["Django"]])
    return services


def run_python(code, project, **options):
    """A process of its own that runs some code, with what these tests know in `sys.path`."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([HERE, *filter(None, sys.path)])}
    return subprocess.run([sys.executable, "-c", code], cwd=project, env=environment, timeout=PATIENCE,
                          capture_output=True, text=True, **options)
