"""PostgreSQL."""

from __future__ import annotations

from typing import Any, List, Optional, Sequence, Union

from hitchserve.services.recipe import RecipeService
from hitchserve.subcommand import Subcommand


class PostgresUser:
    """A role that may log in."""

    def __init__(self, username: str, password: str = "") -> None:
        self.username = username
        self.password = password


class PostgresDatabase:
    """A database, with what shall be in it: a file for psql."""

    def __init__(self, name: str, owner: Optional[PostgresUser] = None, dump: Optional[str] = None) -> None:
        self.name = name
        self.owner = owner
        self.dump = dump
        self.database_of: Optional["PostgresService"] = None

    def _server(self) -> "PostgresService":
        assert self.database_of is not None, "the database is of no service yet"
        return self.database_of

    def psql(self, command: Optional[str] = None) -> Subcommand:
        return self._server().psql(command=command, database=self.name)

    def pg_dump(self, filename: Optional[str] = None) -> Subcommand:
        return self._server().pg_dump(filename, database=self.name)

    def pg_restore(self, filename: str) -> Subcommand:
        return self._server().pg_restore(filename, database=self.name)


class PostgresService(RecipeService):
    """PostgreSQL with users and databases; every password is right. `options` of the server can be
    given as `server_options`: "-c work_mem=64MB"."""

    def __init__(self, postgres_package: Any = None, port: int = 15432,
                 users: Optional[Sequence[PostgresUser]] = None,
                 databases: Optional[Sequence[PostgresDatabase]] = None, initialize: bool = True,
                 version: Union[int, str, None] = None, server_options: str = "", **kwargs: Any) -> None:
        """postgres_package, of old tests, is not looked at. initialize: make users and databases."""
        del postgres_package
        parameters = {"port": port, "options": server_options}
        if version is not None:
            parameters["version"] = version
        super().__init__("postgres", parameters, **kwargs)
        self.port = port
        self.users: List[PostgresUser] = list(users or ())
        self.databases: List[PostgresDatabase] = list(databases or ())
        self.initialize = initialize
        for database in self.databases:
            database.database_of = self

    def poststart(self) -> None:
        if not self.initialize or not (self.users or self.databases):
            return
        self.log("Creating users and databases...")
        statements = [f"CREATE USER {_name(user.username)} CREATEDB PASSWORD {_text(user.password)}"
                      for user in self.users]
        for database in self.databases:
            owner = f" OWNER {_name(database.owner.username)}" if database.owner else ""
            statements.append(f"CREATE DATABASE {_name(database.name)}{owner}")
        words = [word for statement in statements for word in ("-c", statement)]
        self.subcommand("psql", "-q", "-v", "ON_ERROR_STOP=1", "-d", "postgres", *words).run()
        for database in self.databases:
            if database.dump is not None:
                self.psql(database=database.name, filename=database.dump).run()

    def psql(self, command: Optional[str] = None, database: str = "template1",
             filename: Optional[str] = None) -> Subcommand:
        words = ["-c", command] if command is not None else []
        words += ["-f", filename] if filename is not None else []
        return self.subcommand("psql", "-d", database, *words)

    def pg_dump(self, filename: Optional[str] = None, database: str = "template1") -> Subcommand:
        return self.subcommand("pg_dump", "-d", database, *(["-f", filename] if filename else []))

    def pg_restore(self, filename: str, database: str = "template1") -> Subcommand:
        return self.subcommand("pg_restore", "-d", database, filename)


def _name(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
