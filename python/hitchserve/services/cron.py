"""Something that is done again and again."""

from __future__ import annotations

from typing import Any, Sequence

from hitchserve.service import Service

_LOOP = 'pause=$1; shift; echo READY; while :; do "$@"; sleep "$pause"; done'


class CronService(Service):
    """Runs a command every so many seconds, whatever it ends with. The pause is real time: it is the
    command that sees the bundle's clock."""

    def __init__(self, run: Sequence[str], every: float = 1, **kwargs: Any) -> None:
        kwargs["command"] = ["/bin/sh", "-c", _LOOP, "cron", str(every), *run]
        kwargs["ready"] = {"log": "READY", "stream": "out"}
        super().__init__(**kwargs)
