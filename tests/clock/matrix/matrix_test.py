#!/usr/bin/python3
"""What programs of all kinds see of a bundle's clock: prints the table, fails if a cell is wrong.

matrix_test.py [READERS]: READERS has reader.* and what was built of them. HITCH_BINARY is the hitch
to test. With the backend vdso every cell has to be right; with libfaketime the table shows what
was found, and only that a dynamic C program is right is required.
"""

import contextlib
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

HITCH = os.environ["HITCH_BINARY"]
PATIENCE = 120
HOUR, DAY = 3600, 86400
# How far two readings may be apart that are said to be the same: a machine may be busy.
TOLERANCE = 300
COLUMNS = ("live", "later", "child", "grandchild", "sleep", "monotonic", "freeze", "rate 60",
           "backward", "absolute")
ABSOLUTE = "2031-02-03T04:05:06Z", 1927857906
SQL_NOW = "select floor(extract(epoch from now()))::bigint;"


def readers(directory):
    """The programs that are there: name, command, which letters they answer to."""
    def built(name):
        return [f"./{name}"]

    def script(program, name):
        return [program, name]

    everything = "tmcgs"
    known = [
        ("date", ["/bin/sh", "-c", "while read -r x; do date +%s; done"], "t"),
        ("bash", script("/bin/bash", "reader.sh"), "tcgs"),
        ("dash", script("/bin/dash", "reader.sh"), "tcgs"),
        ("Python", script("/usr/bin/python3", "reader.py"), everything),
        ("Node", script("/usr/bin/node", "reader.js"), everything),
        ("Java", script("/usr/bin/java", "Reader.java"), everything),
        ("Perl", script("/usr/bin/perl", "reader.pl"), everything),
        ("Ruby", script("/usr/bin/ruby", "reader.rb"), everything),
        ("Rust", built("reader_rust"), everything),
        ("Go, static", built("reader_go"), everything),
        ("Go, cgo", built("reader_cgo"), everything),
        ("C, musl, static", built("reader_musl"), everything),
        ("C, glibc, static", built("reader_static"), everything),
        ("C, glibc, dynamic", built("reader_dynamic"), everything),
    ]
    for name, command, letters in known:
        if not os.access(directory / command[0], os.X_OK) or (name == "Java" and not shutil.which("javac")):
            print(f"not there, not tried: {name}")
            continue
        yield name, command, letters


class Bundle:
    """A bundle that runs in the background, and its clock."""

    def __init__(self, backend, services, files=None):
        self.directory = tempfile.mkdtemp(prefix="hitch-matrix-")
        if files:
            shutil.copytree(files, self.directory, dirs_exist_ok=True)
        text = f"name: matrix\nclock: {{backend: {backend}}}\nservices: {services}\n"
        pathlib.Path(self.directory, "hitch.yaml").write_text(text, encoding="utf-8")
        try:
            self.hitch("up", "-d")
        except RuntimeError:
            shutil.rmtree(self.directory)
            raise

    def hitch(self, *arguments):
        done = subprocess.run([HITCH, *arguments], cwd=self.directory, capture_output=True,
                              text=True, timeout=PATIENCE, check=False)
        if done.returncode != 0:
            raise RuntimeError(f"hitch {' '.join(arguments)}: {done.stderr.strip()}")
        return done.stdout.strip()

    def close(self):
        self.hitch("down")
        shutil.rmtree(self.directory)


class Reader:
    """A program in the bundle that answers one line with one line."""

    def __init__(self, bundle, service, command):
        self.process = subprocess.Popen([HITCH, "exec", service, "--", *command],
                                        cwd=bundle.directory, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)

    def say(self, line):
        try:
            self.process.stdin.write(line + "\n")
            self.process.stdin.flush()
        except BrokenPipeError:
            pass  # why it has ended is heard

    def hear(self):
        line = self.process.stdout.readline().strip()
        if not line:
            self.process.kill()
            raise RuntimeError(self.process.stderr.read().strip() or "it has ended")
        return int(line)

    def ask(self, line):
        self.say(line)
        return self.hear()

    def close(self):
        with contextlib.suppress(BrokenPipeError):
            self.process.stdin.close()
        self.process.stdout.close()
        self.process.stderr.close()
        self.process.wait(PATIENCE)


def near(seen, expected):
    return "right" if abs(seen - expected) <= TOLERANCE else f"off by {round(seen - expected)} s"


class Row:
    """One program, one line of the table."""

    def __init__(self, bundle, name, command, letters):
        self.bundle, self.name, self.command, self.letters = bundle, name, command, letters
        self.cells = {}
        self.reader = None
        self.attempt("live", self.start)

    def start(self):
        self.reader = Reader(self.bundle, "Stay", self.command)
        self.reader.ask("t")
        return "right"

    def attempt(self, column, work, letter="t"):
        """Fills a cell with what `work` finds, once something was wrong with that for good."""
        if self.cells.get(column, "right") != "right":
            return
        if letter not in self.letters:
            self.cells[column] = "-"
        elif column != "live" and self.reader is None:
            self.cells[column] = self.cells["live"]
        else:
            try:
                self.cells[column] = work()
            except RuntimeError as error:
                self.cells[column] = str(error).splitlines()[-1]
                self.reader = None

    def fresh(self, offset):
        reader = Reader(self.bundle, "Stay", self.command)
        seen = reader.ask("t")
        reader.close()
        return near(seen, time.time() + offset)

    def look(self, column, offset):
        self.attempt(column, lambda: near(self.reader.ask("t"), time.time() + offset))


def check_relative(bundle, rows):
    """A second of sleep is a second, whatever happens to the wall clock meanwhile."""
    for hours in ("1", "-1"):
        sleepers = [row for row in rows if row.reader and "s" in row.letters]
        began = time.monotonic()
        for row in sleepers:
            row.reader.say("s")
        bundle.hitch("time", "travel", f"--hours={hours}")
        for row in sleepers:
            def slept(row=row):
                row.reader.hear()
                took = time.monotonic() - began
                return "right" if 0.9 < took < 60 else f"took {took:.1f} s"
            row.attempt("sleep", slept)


def check_monotonic(bundle, rows):
    steady = [row for row in rows if row.reader and "m" in row.letters]
    before = {row.name: row.reader.ask("m") for row in steady}
    for days in ("1", "-1"):
        bundle.hitch("time", "travel", f"--days={days}")
        for row in steady:
            row.attempt("monotonic", lambda row=row: near(row.reader.ask("m"), before[row.name]))


def check_freeze(bundle, rows):
    bundle.hitch("time", "freeze")
    live = [row for row in rows if row.reader]
    first = {row.name: row.reader.ask("t") for row in live}
    time.sleep(1.1)  # nothing is waited for: a clock that goes on gives itself away by that
    for row in live:
        def stood(row=row):
            went = row.reader.ask("t") - first[row.name]
            return "right" if went == 0 else f"went on for {went} s"
        row.attempt("freeze", stood)
    bundle.hitch("time", "resume")


def check_rate(bundle, rows):
    try:
        bundle.hitch("time", "rate", "60")
    except RuntimeError as error:
        for row in rows:
            row.cells["rate 60"] = "refused" if "no rate" in str(error) else str(error)
        return
    live = [row for row in rows if row.reader]
    first = {row.name: (row.reader.ask("t"), time.monotonic()) for row in live}
    time.sleep(1.1)
    for row in live:
        def went(row=row):
            seen = row.reader.ask("t")
            took = time.monotonic() - first[row.name][1]
            ratio = (seen - first[row.name][0]) / took
            return "right" if 30 < ratio < 90 else f"{ratio:.1f} times as fast"
        row.attempt("rate 60", went)
    bundle.hitch("time", "rate", "1")


def fill(backend, programs, files):
    """The rows of one backend."""
    bundle = Bundle(backend, "{Stay: {command: [sleep, infinity]}}", files)
    rows = []
    try:
        for name, command, letters in programs:
            rows.append(Row(bundle, name, command, letters))
        for offset in (0, DAY):
            if offset:
                bundle.hitch("time", "travel", "--days", "1")
            for row in rows:
                row.look("live", offset)
                row.attempt("later", lambda row=row, offset=offset: row.fresh(offset))
                for letter, column in (("c", "child"), ("g", "grandchild")):
                    row.attempt(column, lambda row=row, letter=letter, offset=offset: near(
                        row.reader.ask(letter), time.time() + offset), letter)
        check_relative(bundle, rows)
        check_monotonic(bundle, rows)
        for row in rows:
            for letter, column in (("s", "sleep"), ("m", "monotonic")):
                row.attempt(column, lambda row=row, column=column: row.cells[column], letter)
        check_freeze(bundle, rows)
        check_rate(bundle, rows)
        bundle.hitch("time", "travel", "--reset")
        bundle.hitch("time", "travel", "--days=-20")
        for row in rows:
            row.look("backward", -20 * DAY)
        bundle.hitch("time", "travel", "--to", ABSOLUTE[0])
        arrived = time.time()
        for row in rows:
            row.look("absolute", ABSOLUTE[1] - arrived)
    finally:
        bundle.close()
    return rows


def database_rows(backend):
    """PostgreSQL and Redis: sessions, timeouts and keys that expire."""
    found = []
    try:
        bundle = Bundle(backend, "{Postgres: {recipe: postgres}, Redis: {recipe: redis}}")
    except RuntimeError as error:
        return [("PostgreSQL, Redis", str(error).splitlines()[-1])]
    try:
        psql = ["psql", "-Atq"]
        old = Reader(bundle, "Postgres", psql)
        old.ask(SQL_NOW)
        bundle.hitch("exec", "Redis", "redis-cli", "set", "key", "value", "EX", "3600")
        bundle.hitch("time", "travel", "--hours", "2")
        there = time.time() + 2 * HOUR
        found.append(("PostgreSQL, now() in an old session", near(old.ask(SQL_NOW), there)))
        fresh = int(bundle.hitch("exec", "Postgres", *psql, "-c", SQL_NOW))
        found.append(("PostgreSQL, now() in a new session", near(fresh, there)))
        for name, session in (("an old", old), ("a new", Reader(bundle, "Postgres", psql))):
            session.say("set statement_timeout = 300;")
            session.say("do $$ begin loop end loop; exception when query_canceled then "
                        "raise notice 'cut off'; end $$;")
            found.append((f"PostgreSQL, statement_timeout in {name} session",
                          "right" if session.ask("select 1;") == 1 else "wrong"))
        seconds = int(bundle.hitch("exec", "Redis", "redis-cli", "time").splitlines()[0])
        found.append(("Redis, TIME", near(seconds, there)))
        left = bundle.hitch("exec", "Redis", "redis-cli", "exists", "key")
        found.append(("Redis, a key that expires", "right" if left == "0" else "it is still there"))
    finally:
        bundle.close()
    return found


def main():
    where = sys.argv[1] if len(sys.argv) > 1 else os.environ["HITCH_FIXTURES"] + "/readers"
    programs = list(readers(pathlib.Path(where).resolve()))
    wrong = []
    who = "root" if os.geteuid() == 0 else f"uid {os.geteuid()}"
    for backend in ("vdso", "libfaketime"):
        rows = fill(backend, programs, where)
        print(f"\n{backend}, as {who}\n\n| program | " + " | ".join(COLUMNS) + " |")
        print("|---" * (len(COLUMNS) + 1) + "|")
        for row in rows:
            cells = [row.cells.get(column, row.cells["live"]) for column in COLUMNS]
            print(f"| {row.name} | " + " | ".join(cells) + " |")
            required = backend == "vdso" or row.name == "C, glibc, dynamic"
            accepted = {"right", "-"} | ({"refused"} if backend == "libfaketime" else set())
            if required and not set(cells) <= accepted:
                wrong.append(f"{backend}: {row.name}")
    databases = database_rows("vdso")
    print("\n| database, vdso | |\n|---|---|")
    for what, cell in databases:
        print(f"| {what} | {cell} |")
        if cell != "right":
            wrong.append(what)
    if wrong:
        sys.exit("wrong: " + ", ".join(wrong))


main()
