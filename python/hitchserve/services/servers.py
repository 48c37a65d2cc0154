"""Memcached, MariaDB and RabbitMQ."""

from __future__ import annotations

from typing import Any, Optional

from hitchserve.services.recipe import RecipeService
from hitchserve.subcommand import Subcommand


class MemcachedService(RecipeService):
    def __init__(self, port: int = 21211, megabytes: int = 64, **kwargs: Any) -> None:
        super().__init__("memcached", {"port": port, "megabytes": megabytes}, **kwargs)
        self.port = port


class MariaDBService(RecipeService):
    """MariaDB with one database, and one user who may do everything."""

    def __init__(self, port: int = 13306, database: str = "test", user: str = "root",
                 password: str = "", **kwargs: Any) -> None:
        super().__init__("mariadb", {"port": port, "database": database, "user": user,
                                     "password": password}, **kwargs)
        self.port = port

    def mariadb(self, command: Optional[str] = None) -> Subcommand:
        return self.subcommand("mariadb", *(["-e", command] if command is not None else []))


class RabbitService(RecipeService):
    """RabbitMQ. It takes some seconds to start: the bundle's startup_timeout has to allow for it."""

    def __init__(self, port: int = 15672, distribution_port: int = 25672, epmd_port: int = 14369,
                 **kwargs: Any) -> None:
        super().__init__("rabbitmq", {"port": port, "distribution_port": distribution_port,
                                      "epmd_port": epmd_port}, **kwargs)
        self.port = port

    def rabbitmqctl(self, *args: str) -> Subcommand:
        return self.subcommand("rabbitmqctl", *args)
