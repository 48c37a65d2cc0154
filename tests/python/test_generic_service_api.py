"""The documentation of hitchserve 0.3.8, "Generic Service API": each of its examples, against a real
Django with Postgres, Redis and a mail server."""

import io
import os
import signal
import subprocess
import threading
import urllib.parse
import urllib.request
from datetime import datetime, timedelta

import psutil
import pytest

import hitchserve
from conftest import PATIENCE, remindme_bundle, talker
from hitchserve import Service


class Engine:
    """What the documentation calls `self`."""

    def __init__(self, services):
        self.services = self.service = services


@pytest.fixture(scope="module")
def self(tmp_path_factory):
    services = remindme_bundle(str(tmp_path_factory.mktemp("project")), quiet=True)
    services["MyService"] = hitchserve.Service(
        command=["/bin/sh", "-c", "echo $A $B $PWD; echo READY; exec sleep 1000", "arg1", "arg2"],
        log_line_ready_checker=lambda line: line == "READY",
        directory="/usr",
        no_libfaketime=False,
        env_vars={"A": 1, "B": 2},
        needs=[services["Django"]],
    )
    services.startup(interactive=False)
    yield Engine(services)
    services.shutdown()


def fetch(services, path, **form):
    data = urllib.parse.urlencode(form).encode() if form else None
    with urllib.request.urlopen(services["Django"].url() + path, data, timeout=PATIENCE) as answer:
        return answer.read().decode()


@pytest.fixture(autouse=True)
def back_to_now(self):
    yield
    self.services.time_travel(datetime=datetime.now())


def wait_for_email(self, containing):
    return self.services["HitchSMTP"].logs.out.tail.until_json(
        lambda email: containing in email["payload"] or containing in email["subject"],
        timeout=PATIENCE,
        lines_back=1,
    )


# Basic Usage


def test_basic_usage(self):
    assert self.services["MyService"].logs.out.lines() == ["1 2 /usr", "READY"]
    assert self.services["Django"].logs.out.lines()[-1] == "Quit the server with CONTROL-C."


# Logs


def test_sign_up_sends_a_mail_with_a_link(self):
    fetch(self.services, "/signup/", email="django@reinhardt.com")
    email = wait_for_email(self, "Confirm")
    assert email["to"] == ["django@reinhardt.com"]
    assert fetch(self.services, urllib.parse.urlsplit(email["links"][0]).path) == \
        "django@reinhardt.com is confirmed."
    confirmed = self.services["Postgres"].databases[0].psql("select email, confirmed from remindme_signup")
    assert "django@reinhardt.com | t" in confirmed.run(check_output=True)


def test_logs_as_text(self):
    fetch(self.services, "/?shown=1")
    self.services["Django"].logs.err.tail.until(lambda line: "shown=1" in line, timeout=PATIENCE,
                                                lines_back=9)
    logs = repr(self.service["Django"].logs).splitlines()
    assert "[      Django] Quit the server with CONTROL-C." in logs
    assert any(line.startswith("[  Err Django] [") and "GET /?shown=1 HTTP" in line for line in logs)


def test_logs_of_out_and_err(self):
    assert "Quit the server with CONTROL-C." in str(self.service["Django"].logs.out).splitlines()
    assert "Quit the server" not in str(self.service["Django"].logs.err)
    fetch(self.services, "/")
    assert self.service["Django"].logs.err.tail.until(lambda line: '"GET / ' in line, timeout=PATIENCE,
                                                       lines_back=5)


class Shown(io.StringIO):
    """Standard output that can be waited on."""

    def __init__(self):
        super().__init__()
        self.changed = threading.Condition()

    def write(self, text):
        with self.changed:
            self.changed.notify_all()
            return super().write(text)

    def wait_for(self, condition):
        with self.changed:
            assert self.changed.wait_for(lambda: condition(self.getvalue()), PATIENCE)


def test_follow_until_ctrl_c(self, monkeypatch):
    fetch(self.services, "/?followed=1")
    err = self.service["Django"].logs.err
    err.tail.until(lambda line: "followed=1" in line, timeout=PATIENCE, lines_back=5)
    last = err.lines()[-2:]
    shown = Shown()
    monkeypatch.setattr("sys.stdout", shown)

    def look_on():
        shown.wait_for(lambda text: text.count("\n") >= 2)
        fetch(self.services, "/?followed=2")
        shown.wait_for(lambda text: "followed=2" in text)
        os.kill(os.getpid(), signal.SIGINT)

    onlooker = threading.Thread(target=look_on)
    onlooker.start()
    self.service["Django"].logs.err.tail.follow(lines_back=2)
    onlooker.join()
    lines = shown.getvalue().splitlines()
    assert lines[:2] == last
    assert "followed=2" in lines[2]


def test_json(self):
    fetch(self.services, "/signup/", email="stephane@grappelli.com")
    wait_for_email(self, "Confirm")
    found = self.service["HitchSMTP"].logs.json()
    assert found[-1]["subject"] == "Confirm E-mail Address"
    assert found[-1]["links"][0].startswith(self.services["Django"].url() + "/confirm/")


def test_until_json_that_is_not_there_yet(self):
    timer = threading.Timer(0.3, lambda: fetch(self.services, "/signup/", email="late@example.com"))
    timer.start()
    email = self.services["HitchSMTP"].logs.out.tail.until_json(
        lambda email: "late@example.com" in email["to"], timeout=PATIENCE)
    timer.join()
    assert email["from"] == "noreply@remindme.example"


# Time Travel


def test_reminder_is_sent_when_time_has_moved_on(self):
    fetch(self.services, "/remind/", email="django@reinhardt.com", text="upcoming gig", days=30)
    before = len(self.services["HitchSMTP"].logs.json())
    self.services.time_travel(days=29)
    self.services.time_travel(days=2)
    assert wait_for_email(self, "upcoming gig")["subject"] == "Reminder"
    assert len(self.services["HitchSMTP"].logs.json()) == before + 1


def test_time_travel(self, capsys):
    def said():
        return capsys.readouterr().out

    self.services.time_travel(days=1)
    assert said() == "Time traveling to 23 hours from now\n"
    self.services.time_travel(hours=25)
    assert said() == "Time traveling to 2 days from now\n"
    self.services.time_travel(minutes=60)
    assert said() == "Time traveling to 2 days from now\n"
    self.services.time_travel(seconds=60)
    assert said() == "Time traveling to 2 days from now\n"
    self.services.time_travel(timedelta=timedelta(hours=1))
    assert said() == "Time traveling to 2 days from now\n"
    ahead = self.services.now() - datetime.now()
    assert timedelta(hours=50) < ahead < timedelta(hours=52)
    assert abs(self.services.timedelta - ahead) < timedelta(seconds=PATIENCE)
    told = datetime.fromisoformat(fetch(self.services, "/now/")).astimezone().replace(tzinfo=None)
    assert timedelta(hours=50) < told - datetime.now() < timedelta(hours=52)
    self.services.time_travel(datetime=datetime.now())
    assert said() == "Time traveling to now\n"
    self.services.time_travel(datetime=datetime(2015, 7, 11, 10, 36, 58), days=1)
    assert self.services.now().replace(second=0, microsecond=0).date() == datetime(2015, 7, 12).date()


# Service Process API

MEMBERS = """as_dict children cmdline connections cpu_affinity cpu_percent cpu_times create_time cwd exe
gids io_counters ionice is_running kill memory_info memory_info_ex memory_maps memory_percent name nice
num_ctx_switches num_fds num_threads open_files parent pid ppid resume rlimit send_signal status suspend
terminal terminate threads uids username wait""".split()


def test_pid_and_process(self):
    service = self.services["HitchSMTP"]
    assert service.pid > 0
    assert isinstance(service.process, psutil.Process)
    assert service.process.pid == service.pid
    assert [name for name in MEMBERS if not hasattr(service.process, name)] == []
    assert "python3" in service.process.name()
    assert service.process.is_running()


def test_pstree(self, capsys):
    self.services.pstree()
    shown = capsys.readouterr().out
    assert "redis-server" in shown and "postgres" in shown


# Service Sub-commands


def test_subcommands(self):
    assert self.services["Redis"].cli("set", "key", "value").run(check_output=True) == "OK\n"
    assert self.services["Redis"].cli("get", "key").run(check_output=True) == "value\n"
    answer = self.services["Postgres"].psql("select 41 + 1").run(check_output=True)
    assert "42" in answer
    assert "System check identified no issues" in self.services["Django"].manage("check").run(check_output=True)


def test_subcommands_have_the_environment_and_the_time_of_the_service(self):
    service = self.services["MyService"]
    assert service.subcommand("sh", "-c", "echo $A $B $PWD").run(check_output=True) == "1 2 /usr\n"
    self.services.time_travel(datetime=datetime(2015, 7, 11, 12))
    assert service.subcommand("date", "+%F").run(check_output=True) == "2015-07-11\n"


def test_how_subcommands_are_run(self, capfd):
    command = self.services["MyService"].subcommand
    assert command("echo out;", "echo err >&2").run(shell=True) == 0
    captured = capfd.readouterr()
    assert (captured.out, captured.err) == ("out\n", "err\n")
    with pytest.raises(subprocess.CalledProcessError) as failure:
        command("sh", "-c", "exit 7").run()
    assert failure.value.returncode == 7
    assert command("sh", "-c", "exit 7").run(ignore_errors=True) == 7
    assert command("sh", "-c", "echo seen; exit 7").run(ignore_errors=True, check_output=True) == "seen\n"
    with pytest.raises(hitchserve.ControlError, match="no-such-program"):
        command("no-such-program").run()
    with pytest.raises(subprocess.TimeoutExpired):
        command("sleep", "1000").run(timeout=0.1)


def test_subcommand_reads_what_the_test_reads(self, monkeypatch, tmp_path):
    (tmp_path / "input").write_text("from the test\n")
    with open(tmp_path / "input") as source:
        monkeypatch.setattr("sys.stdin", source)
        command = self.services["MyService"].subcommand("cat")
        assert command.run(stdin=True, check_output=True) == "from the test\n"
        assert command.run(check_output=True) == ""


# Running Arbitrary Code Before and After Starting


class MyService(Service):
    stop_signal = signal.SIGQUIT

    def __init__(self, **kwargs):
        kwargs["log_line_ready_checker"] = lambda line: "line in logs that signals readiness" in line
        kwargs["command"] = ["/bin/sh", "-c", "cat made; trap 'echo told to quit; exit 0' QUIT; "
                             "echo line in logs that signals readiness; while :; do sleep 0.02; done"]
        super(MyService, self).__init__(**kwargs)
        self.order = []

    def setup(self):
        """This is where you run all of the code you want run before starting the service."""
        with open("made", "w") as made:  # the project's directory is writable for services and test
            made.write("in setup\n")
        self.order.append(("setup", self.pid))
        print("printed in setup")
        self.log("logged in setup")
        self.subcommand("sh", "-c", "echo run in setup; echo wrong >&2").run()

    def poststart(self):
        """This is where you put all of the code you want run after the service is ready."""
        self.order.append(("poststart", self.pid))
        self.warn("warned in poststart")
        assert self.subcommand("cat", "made").run(check_output=True) == "in setup\n"


def test_setup_and_poststart(bundle, project, monkeypatch):
    monkeypatch.chdir(project)
    bundle["MyService"] = MyService()
    bundle["After"] = talker(needs=[bundle["MyService"]])
    bundle.startup()
    service = bundle["MyService"]
    assert service.order == [("setup", 0), ("poststart", service.pid)]
    assert service.logs.out.lines() == ["in setup", "line in logs that signals readiness"]
    assert service.logs.setup.out.tail.until(lambda line: line == "run in setup", timeout=PATIENCE, lines_back=9)
    assert set(service.logs.setup.out.lines()) == {"printed in setup", "logged in setup", "run in setup"}
    assert service.logs.setup.err.lines() == ["wrong"]
    assert service.logs.poststart.lines() == service.logs.poststart.err.lines() == ["warned in poststart"]
    assert "[ Setup MyService] printed in setup" in str(service.logs.setup)
    bundle.shutdown()
    assert service.logs.out.lines()[-1] == "told to quit"
