"""Redis."""

from __future__ import annotations

from typing import Any

from hitchserve.services.recipe import RecipeService
from hitchserve.subcommand import Subcommand


class RedisService(RecipeService):
    """Redis that keeps nothing on disk."""

    def __init__(self, redis_package: Any = None, port: int = 16379, databases: int = 16,
                 **kwargs: Any) -> None:
        """redis_package, of old tests, is not looked at."""
        del redis_package
        super().__init__("redis", {"port": port, "databases": databases}, **kwargs)
        self.port = port

    def cli(self, *args: str) -> Subcommand:
        """redis-cli with these words."""
        return self.subcommand("redis-cli", *args)
