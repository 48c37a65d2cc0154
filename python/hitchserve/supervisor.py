"""Starts `hitch` as a child of this process, which the bundle then belongs to."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import tempfile
from typing import IO, Any, Dict, List, Optional, Sequence

from hitchserve.hitch_exception import HitchServeException


def hitch_program() -> str:
    """The `hitch` to use: that of HITCH_BINARY, else the one in PATH."""
    named = os.environ.get("HITCH_BINARY")
    if named:
        return named
    found = shutil.which("hitch")
    if found is None:
        raise HitchServeException(
            "the program 'hitch' is not in PATH: install it, or name it in HITCH_BINARY")
    return found


class Supervisor:
    """The process that owns a bundle. It ends with this one, whatever becomes of this one."""

    def __init__(self, description: Dict[str, Any], files: Sequence[str], directory: str,
                 first_request: bytes) -> None:
        """first_request: is answered even if the bundle is over before anybody looks for answers."""
        ours, theirs = socket.socketpair()
        ours.sendall(first_request)
        self.socket = ours
        self._said: IO[bytes] = tempfile.TemporaryFile()
        command: List[str] = [hitch_program()]
        for file in files:
            command += ["-f", file]
        command += ["-f", "-", "up", "--quiet", "--owner-fd", str(theirs.fileno())]
        with tempfile.TemporaryFile() as bundle, theirs:
            bundle.write(json.dumps(description).encode())
            bundle.seek(0)
            try:
                # In a session of its own: Ctrl-C is for the test, which decides what comes of it.
                self._process = subprocess.Popen(
                    command, stdin=bundle, stdout=subprocess.DEVNULL, stderr=self._said,
                    cwd=directory, pass_fds=[theirs.fileno()], start_new_session=True)
            except OSError as error:
                ours.close()
                raise HitchServeException(f"cannot start '{command[0]}': {error}") from error

    @property
    def pid(self) -> int:
        return self._process.pid

    def wait(self, timeout: Optional[float] = None) -> Optional[int]:
        """Its exit code, once it has ended; None after `timeout` seconds."""
        try:
            return self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None

    def kill(self) -> None:
        """Ends it at once, and with it, by the kernel, all of the bundle."""
        self._process.kill()
        self._process.wait()

    def said(self) -> str:
        """What it had to say to people: why it ended, and the last lines of what failed."""
        size = os.fstat(self._said.fileno()).st_size
        text = os.pread(self._said.fileno(), size, 0).decode("utf-8", "replace").strip()
        return text
