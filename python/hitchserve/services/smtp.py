"""A mail server that prints each mail as a line of JSON."""

from __future__ import annotations

from typing import Any

from hitchserve.services.recipe import RecipeService


class HitchSMTPService(RecipeService):
    """Takes every mail and sends none on. docs/recipes.md lists what its lines have."""

    def __init__(self, port: int = 10025, **kwargs: Any) -> None:
        super().__init__("smtp", {"port": port}, **kwargs)
        self.port = port
