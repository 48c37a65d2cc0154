"""What the Python package costs, beside a peer that is measured in the same run.

HITCH_BINARY=build/release/bin/hitch PYTHONPATH=python python3 tests/bench/python_bench.py [ROUNDS]
"""

import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time

import hitchserve

SERVICES, LINES, WAITS = 50, 200_000, 200


def ready(line):
    return line == "READY"


def fifty(directory, **how):
    bundle = hitchserve.ServiceBundle(directory, startup_timeout=60, quiet=True)
    for number in range(SERVICES):
        bundle[f"S{number}"] = hitchserve.Service(
            command=["/bin/sh", "-c", "echo READY; exec sleep 1000"], **how)
    return bundle


def timed(do):
    began = time.perf_counter()
    do()
    return time.perf_counter() - began


def start_and_stop(directory, **how):
    bundle = fifty(directory, **how)
    started = timed(bundle.startup)
    return started, timed(bundle.shutdown)


def plain_processes():
    """The same programs, each started and waited for until it says READY."""
    def work():
        running = [subprocess.Popen(["/bin/sh", "-c", "echo READY; exec sleep 1000"],
                                    stdout=subprocess.PIPE, text=True) for _ in range(SERVICES)]
        for process in running:
            assert process.stdout.readline() == "READY\n"
        ended.append(running)

    ended = []
    took = timed(work)
    for process in ended[0]:
        process.kill()
        process.wait()
        process.stdout.close()
    return took


def read_back(directory):
    """Many lines of 60 characters as a list of texts, and the same from a plain file."""
    bundle = hitchserve.ServiceBundle(directory, startup_timeout=60, quiet=True)
    text = "x" * 53
    bundle["A"] = hitchserve.Service(
        command=["/bin/sh", "-c", f"seq -f '%06.0f {text}' {LINES}; echo READY; exec sleep 1000"],
        log_line_ready_checker=ready)
    bundle.startup()
    took = timed(lambda: bundle["A"].logs.out.lines())
    lines = bundle["A"].logs.out.lines()
    assert len(lines) == LINES + 1
    path = os.path.join(directory, "plain")
    with open(path, "w") as file:
        file.writelines(line + "\n" for line in lines)
    bundle.shutdown()

    def plain():
        with open(path, encoding="utf-8", errors="replace") as file:
            assert len(file.read().split("\n")) == LINES + 2

    return took, timed(plain)


ECHO = "import sys, time\nprint('READY', flush=True)\nfor line in open('pipe'): print(line.strip(), time.time(), flush=True)"


def until(directory):
    """From a service's write to the return of until(), and to that of a read from a pipe."""
    os.mkfifo(os.path.join(directory, "pipe"))
    bundle = hitchserve.ServiceBundle(directory, startup_timeout=60, quiet=True)
    command = [sys.executable, "-u", "-c", ECHO]
    bundle["Echo"] = hitchserve.Service(command=command, log_line_ready_checker=ready)
    bundle.startup()
    ours, theirs = [], []
    with open(os.path.join(directory, "pipe"), "w", buffering=1) as pipe:
        for number in range(WAITS):
            threading.Timer(0.05, pipe.write, [f"n{number}\n"]).start()
            line = bundle["Echo"].logs.out.tail.until(lambda line: line.startswith(f"n{number} "),
                                                       timeout=60, lines_back=1)
            ours.append(time.time() - float(line.split()[1]))
    bundle.shutdown()
    with subprocess.Popen(command, cwd=directory, stdout=subprocess.PIPE, text=True) as process:
        process.stdout.readline()
        with open(os.path.join(directory, "pipe"), "w", buffering=1) as pipe:
            for number in range(WAITS):
                threading.Timer(0.05, pipe.write, [f"n{number}\n"]).start()
                theirs.append(-float(process.stdout.readline().split()[1]) + time.time())
    return ours, theirs


def p99(values):
    return statistics.quantiles(values, n=100)[98]


def main(rounds):
    ms = "{:8.1f} ms".format
    best = {}
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as directory:
            figures = {}
            figures["start"], figures["stop"] = start_and_stop(directory, log_line_ready_checker=ready)
            figures["start, ready: READY"], _ = start_and_stop(directory, ready="READY")
            figures["plain start"] = plain_processes()
            figures["read back"], figures["plain read"] = read_back(directory)
            ours, theirs = until(directory)
            figures["until"], figures["plain wait"] = statistics.median(ours), statistics.median(theirs)
            figures["until, p99"], figures["plain wait, p99"] = p99(ours), p99(theirs)
        for name, value in figures.items():
            best[name] = min(value, best.get(name, value))
    rows = [(f"start of {SERVICES} services, predicates in Python", "start", "plain start"),
            (f"start of {SERVICES} services, ready: READY", "start, ready: READY", "plain start"),
            (f"shutdown of {SERVICES} services", "stop", None),
            (f"{LINES} log lines read back", "read back", "plain read"),
            ("write to return of until(), median", "until", "plain wait"),
            ("write to return of until(), p99", "until, p99", "plain wait, p99")]
    for title, ours, peer in rows:
        beside = f"peer {ms(best[peer] * 1e3)}  ratio {best[ours] / best[peer]:5.2f}" if peer else ""
        print(f"{title:50} {ms(best[ours] * 1e3)}  {beside}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
