"""A directory beside the tests for what they keep."""

from __future__ import annotations

import os
from typing import Optional


class HitchDir:
    """PROJECT/.hitch, or another one; made when it is asked for."""

    def __init__(self, project_directory: str, hitch_dir: Optional[str] = None) -> None:
        self._path = os.path.abspath(hitch_dir or os.path.join(project_directory, ".hitch"))

    @property
    def hitch_dir(self) -> str:
        os.makedirs(self._path, exist_ok=True)
        return self._path
