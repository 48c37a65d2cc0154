"""The processes of a bundle, for people."""

from __future__ import annotations

from typing import List

import psutil


def text_of(pid: int) -> str:
    """One line for each process below `pid`, that one included, with pid and command."""
    lines: List[str] = []
    try:
        _add(psutil.Process(pid), "", "", lines)
    except psutil.NoSuchProcess:
        pass
    return "\n".join(lines)


def _add(process: psutil.Process, branch: str, below: str, lines: List[str]) -> None:
    try:
        command = " ".join(process.cmdline()) or process.name()
        children = process.children()
    except psutil.Error:  # it has ended meanwhile
        return
    lines.append(f"{branch}{process.name()},{process.pid} {command}")
    for index, child in enumerate(children):
        is_last = index == len(children) - 1
        _add(child, below + ("└─" if is_last else "├─"), below + ("  " if is_last else "│ "), lines)
