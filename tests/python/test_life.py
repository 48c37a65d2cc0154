"""Whose a bundle is, and that it is gone when it should be: however the process ends that started it."""

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
import time
import traceback

import psutil
import pytest

import hitchserve
from conftest import HERE, PATIENCE, bundles_left, talker

PREFACE = """
import ctypes, multiprocessing, os, signal, sys, threading, time
import hitchserve
from conftest import talker
services = hitchserve.ServiceBundle(os.getcwd(), startup_timeout=60, quiet=True)
services["One"] = talker(then="setsid sleep 12345 &")
services["Two"] = talker(needs=[services["One"]])
services.startup()
print(services["One"].pid, services["Two"].pid, *[p.pid for p in services["One"].process.children()],
      flush=True)
"""

ENDS = {
    "SIGKILL": "os.kill(os.getpid(), signal.SIGKILL)",
    "segmentation fault": "ctypes.string_at(0)",
    "_exit": "os._exit(3)",
    "abort": "os.abort()",
    "exec": "os.execv('/bin/true', ['true'])",
    "exit without shutdown": "sys.exit(4)",
    "an exception": "raise RuntimeError('the test is wrong')",
    "SIGTERM": "os.kill(os.getpid(), signal.SIGTERM)",
    "_exit of a thread": "threading.Thread(target=lambda: os._exit(1)).start(); time.sleep(60)",
    "SIGKILL while a forked child lives on":
        "os.fork() or (os.setsid(), os.close(1), time.sleep(600)); os.kill(os.getpid(), signal.SIGKILL)",
}


def start(code, project):
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([HERE, *filter(None, sys.path)])}
    return subprocess.Popen([sys.executable, "-c", PREFACE + code], cwd=project, env=environment,
                            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def wait_until(condition, what):
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, what
        time.sleep(0.01)


@pytest.mark.parametrize("how", ENDS)
def test_nothing_is_left_when_the_test_ends_by(how, project):
    with start(ENDS[how], project) as process:
        pids = [int(word) for word in process.stdout.readline().split()]
        assert len(pids) >= 2
        process.wait(PATIENCE)
    wait_until(lambda: not any(psutil.pid_exists(pid) for pid in pids), f"{pids} are left")
    wait_until(lambda: not bundles_left(), "a bundle is left")
    own = psutil.Process().username()
    for child in psutil.process_iter(["username", "cmdline"]):
        if child.info["username"] == own and "time.sleep(600)" in " ".join(child.info["cmdline"] or []):
            child.kill()  # the one that lives on


def test_shutdown_is_orderly_and_may_be_called_twice(bundle):
    bundle["One"] = talker(then="trap 'echo told; exit 0' TERM; echo set; while :; do sleep 0.02; done")
    bundle.startup()
    pid = bundle["One"].pid
    bundle["One"].logs.tail.until(lambda line: line == "set", lines_back=9, timeout=PATIENCE)
    bundle.shutdown()
    bundle.shutdown()
    assert bundle["One"].logs.out.lines() == ["READY", "set", "told"]
    assert not psutil.pid_exists(pid)
    with pytest.raises(hitchserve.ServiceSuddenStopException, match="shut down"):
        bundle.time_travel(days=1)


@pytest.mark.parametrize("runtime", ["as it is", "shared", "missing"])
def test_forked_child_uses_the_bundle_and_leaves_it(bundle, runtime, tmp_path, monkeypatch):
    if runtime == "shared":  # hitch does not trust such a one
        (tmp_path / "shared").mkdir()
        (tmp_path / "shared").chmod(0o777)
    if runtime != "as it is":
        monkeypatch.setenv("XDG_RUNTIME_DIR", str(tmp_path / runtime))
    bundle["One"] = talker()
    bundle.startup()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            bundle.log("from the child")
            assert bundle["One"].logs.out.lines() == ["READY"]
            assert bundle["One"].subcommand("echo", "hello").run(check_output=True) == "hello\n"
            bundle.shutdown()
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    assert os.waitpid(child, 0)[1] == 0
    assert bundle["One"].process.is_running()
    assert "from the child" in str(bundle.logs)


def _in_worker(number):
    bundle = hitchserve.running_bundles()
    assert bundle == []  # it belongs to the parent
    return number * 2


def test_multiprocessing_does_not_end_the_bundle(bundle):
    bundle["One"] = talker()
    bundle.startup()
    with multiprocessing.get_context("fork").Pool(3) as pool:
        assert pool.map(_in_worker, range(10)) == [number * 2 for number in range(10)]
    assert bundle["One"].process.is_running()
    bundle.log("still here")


def test_thread_that_starts_a_bundle_may_end(bundle):
    bundle["One"] = talker()
    thread = threading.Thread(target=bundle.startup)
    thread.start()
    thread.join()
    time.sleep(0.1)  # a parent-death signal would have come by now
    assert bundle["One"].process.is_running()


def test_many_threads_at_once(bundle):
    for number in range(5):
        bundle[f"S{number}"] = talker(then="for i in 1 2 3 4 5 6 7 8 9; do echo line $i; sleep 0.02; done")
    bundle.startup()
    wrong = []

    def work(number):
        try:
            service = bundle[f"S{number % 5}"]
            for round in range(5):
                bundle.log(f"{number} {round}")
                assert service.pid > 0
                assert service.subcommand("echo", str(round)).run(check_output=True) == f"{round}\n"
            service.logs.tail.until(lambda line: line == "line 9", timeout=PATIENCE, lines_back=99)
            bundle.time_travel(seconds=60)
        except BaseException as error:
            wrong.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    mine = [line for line in bundle.logs.lines() if line.service == "Test"]
    assert sorted(mine) == sorted(f"{n} {r}" for n in range(20) for r in range(5))
    assert 1190 < bundle.timedelta.total_seconds() < 1210


def test_two_bundles_in_one_process(tmp_path):
    bundles = []
    for number in range(2):
        directory = tmp_path / str(number)
        directory.mkdir()
        one = hitchserve.ServiceBundle(directory, quiet=True, startup_timeout=PATIENCE)
        one["App"] = talker(f"bundle {number}", env_vars={"WHICH": number})
        bundles.append(one)
    threads = [threading.Thread(target=one.startup) for one in bundles]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    first, second = bundles
    first.time_travel(days=10)
    assert [one["App"].logs.out.lines() for one in bundles] == [["bundle 0"], ["bundle 1"]]
    echo = ["sh", "-c", "echo $WHICH"]
    assert [one["App"].subcommand(*echo).run(check_output=True) for one in bundles] == ["0\n", "1\n"]
    assert first.timedelta.days == 9 and abs(second.timedelta.total_seconds()) < PATIENCE
    first.shutdown()
    assert second["App"].process.is_running()
    second.shutdown()


def test_bundle_that_is_killed_from_outside_is_noticed(bundle):
    bundle["One"] = talker()
    bundle.startup()
    os.kill(bundle.connection().call("bundle.info")["supervisor_pid"], signal.SIGKILL)
    with pytest.raises(hitchserve.ServiceSuddenStopException):
        bundle["One"].logs.tail.until(lambda line: False, timeout=PATIENCE)
    bundle.shutdown()


def test_forked_child_that_waits_learns_of_the_end(bundle):
    bundle["One"] = talker()
    bundle.startup()
    child = os.fork()
    if child == 0:
        code = 1
        try:
            bundle["One"].logs.tail.until(lambda line: False, timeout=PATIENCE)
        except hitchserve.ServiceSuddenStopException:
            code = 0
        finally:
            os._exit(code)
    bundle.shutdown()
    assert os.waitpid(child, 0)[1] == 0


def test_child_forked_in_setup_may_print(bundle, capfd):
    class Forking(hitchserve.Service):
        def setup(self):
            child = os.fork()
            if child == 0:
                code = 1
                try:
                    print("from the child", flush=True)
                    code = 0
                finally:
                    os._exit(code)
            assert os.waitpid(child, 0)[1] == 0

    bundle["One"] = Forking(command=["sleep", "1000"], ready={})
    bundle.startup()
