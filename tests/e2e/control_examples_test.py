"""Carries out every example of docs/control.md and compares what comes back with what stands there.

Keys and types have to be the same; an error has to be the same to the letter.
"""

import array
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs" / "control.md"
PATIENCE = 30
SKIPPED = 77


def blocks(language):
    return re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.M | re.S)


def difference(expected, actual, where):
    """Where the shape of two values differs; nothing if it does not."""
    if type(expected) is not type(actual):
        return f"{where}: {expected!r} is documented, {actual!r} came"
    if isinstance(expected, dict):
        if expected.keys() != actual.keys():
            return f"{where}: keys {sorted(expected)} are documented, {sorted(actual)} came"
        found = (difference(expected[key], actual[key], f"{where}.{key}") for key in expected)
        return next(filter(None, found), None)
    if isinstance(expected, list):
        pairs = enumerate(zip(expected, actual))
        found = (difference(a, b, f"{where}[{i}]") for i, (a, b) in pairs)
        return next(filter(None, found), None)
    return None


def same_message(expected, actual):
    """As difference(), for a whole message."""
    fixed = ("id", "method", "error")
    for key in fixed:
        if expected.get(key) != actual.get(key):
            return f"{key}: {expected.get(key)!r} is documented, {actual.get(key)!r} came"
    return difference(expected, actual, "message")


class Client:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(path)
        self.received = b""
        self.fds = []
        self.notifications = []

    def send(self, line, fds):
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", fds))] if fds else []
        self.socket.sendmsg([line.encode() + b"\n"], rights)

    def message(self):
        while b"\n" not in self.received:
            data, fds, _, _ = socket.recv_fds(self.socket, 65536, 4)
            assert data, "the connection was closed"
            self.received += data
            self.fds += fds
        line, self.received = self.received.split(b"\n", 1)
        return json.loads(line)

    def answer(self, number):
        while True:
            message = self.message()
            if "method" not in message:
                assert message["id"] == number, message
                return message
            self.notifications.append(message)

    def wait_for(self, expected):
        """Until a notification has come that looks like this one."""
        for message in self.notifications:
            if same_message(expected, message) is None:
                return
        self.notifications.append(self.message())
        self.wait_for(expected)


def stdio_for(call):
    params = call.get("params", {})
    wants = call["method"] == "service.exec" and not ({"terminal", "log"} & params.keys())
    return [os.open(os.devnull, os.O_RDWR) for _ in range(3)] if wants else []


def fds_expected(call):
    terminal = call["method"] == "service.exec" and call["params"].get("terminal")
    return 1 if terminal or call["method"] == "logs.open" else 0


def carry_out(client, example):
    """Does one example. Returns what is wrong, or nothing, and notifications that are to come."""
    request, expected, *later = example.splitlines()
    call = json.loads(request)
    client.fds = []
    stdio = stdio_for(call)
    client.send(request, stdio)
    for fd in stdio:
        os.close(fd)
    wrong = same_message(json.loads(expected), client.answer(call["id"]))
    if wrong is None and len(client.fds) != fds_expected(call):
        wrong = f"{len(client.fds)} descriptors came"
    return wrong and f"{call['method']}: {wrong}", [json.loads(line) for line in later]


def check(path):
    client = Client(path)
    wrong, later, done = [], [], set()
    for example in blocks("json"):
        if '"bundle.stop"' in example:  # events of what came before it, as none come after it
            for notification in later:
                client.wait_for(notification)
        problem, notifications = carry_out(client, example)
        wrong += [problem] if problem else []
        later += notifications
        done.add(json.loads(example.splitlines()[0])["method"])
    headings = " ".join(re.findall(r"^### .*$", PAGE.read_text(encoding="utf-8"), re.M))
    named = set(re.findall(r"`([a-z]+\.[a-z_]+)`", headings))
    wrong += [f"{name} has no example" for name in named - done]
    return wrong


def main(hitch):
    with tempfile.TemporaryDirectory(prefix="hitch-control-") as scratch:
        bundle = pathlib.Path(scratch, "shop")
        bundle.mkdir()
        (bundle / "hitch.yaml").write_text(blocks("yaml")[0], encoding="utf-8")
        names = ("XDG_RUNTIME_DIR", "XDG_STATE_HOME", "XDG_CACHE_HOME")
        own = {name: os.path.join(scratch, name) for name in names}
        os.mkdir(own["XDG_RUNTIME_DIR"], 0o700)
        environment = {k: v for k, v in os.environ.items() if not k.startswith("HITCH_")} | own
        up = subprocess.run([hitch, "up", "-d"], cwd=bundle, env=environment, timeout=PATIENCE,
                            capture_output=True, text=True)
        if "create namespaces" in up.stderr and "HITCH_REQUIRE_NAMESPACES" not in os.environ:
            print("skipped:", up.stderr)
            return SKIPPED
        assert up.returncode == 0, up.stderr
        runtime = pathlib.Path(own["XDG_RUNTIME_DIR"], "hitch", up.stdout.strip())
        try:
            wrong = check(str(runtime / "control.sock"))
            deadline = time.monotonic() + PATIENCE  # for bundle.stop, the last example
            while runtime.exists() and time.monotonic() < deadline:
                time.sleep(0.05)
            wrong += ["it was not taken down"] if runtime.exists() else []
        finally:
            subprocess.run([hitch, "down", "-a"], env=environment, timeout=PATIENCE, check=False,
                           cwd=scratch)
    print("\n".join(wrong) or f"{len(blocks('json'))} examples are as documented")
    return 1 if wrong else 0


if __name__ == "__main__":
    signal.alarm(4 * PATIENCE)  # never for ever
    sys.exit(main(sys.argv[1]))
