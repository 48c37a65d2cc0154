"""IPython kernels in services: found in their log, and talked to from outside of the bundle."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from typing import TYPE_CHECKING

from hitchserve.hitch_exception import HitchServiceException

if TYPE_CHECKING:
    from hitchserve.service import Service

_EXISTING = re.compile(r"--existing\s+(\S*kernel-\S+\.json)")


def wait(service: "Service", timeout: float) -> str:
    """The connection file of the kernel that the service has started, where this process can read
    it: in the bundle it is in a directory that nobody else sees."""
    line = service.logs.tail.until(_EXISTING.search, timeout=timeout, lines_back=100_000)
    assert line is not None
    match = _EXISTING.search(line)
    assert match is not None
    name = match[1]
    root = f"/proc/{service.pid}/root"
    for directory in ("", *_runtime_directories(service)):
        inside = root + os.path.join(directory or "/", name)
        if os.path.isfile(inside):
            with tempfile.NamedTemporaryFile(prefix="kernel-", suffix=".json", delete=False) as copy:
                with open(inside, "rb") as original:
                    shutil.copyfileobj(original, copy)
            return copy.name
    raise HitchServiceException(f"the connection file '{name}' of service '{service.name}' is nowhere")


def _runtime_directories(service: "Service") -> list[str]:
    """Where Jupyter keeps them, and the service's own directory."""
    environment = service.process.environ()
    home = environment.get("HOME", "/")
    data = environment.get("JUPYTER_DATA_DIR") or os.path.join(
        environment.get("XDG_DATA_HOME") or os.path.join(home, ".local", "share"), "jupyter")
    runtime = environment.get("JUPYTER_RUNTIME_DIR") or os.path.join(data, "runtime")
    return [runtime, os.path.abspath(service.directory)]


def connect(connection_file: str) -> None:
    """A console on a kernel, until its user leaves it."""
    simple = [] if sys.stdin is not None and sys.stdin.isatty() else ["--simple-prompt"]
    subprocess.check_call([sys.executable, "-m", "jupyter_console", "--existing", connection_file,
                           *simple])
