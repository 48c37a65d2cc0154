"""Bundles as fixtures of pytest, and their logs in the report of a test that fails.

`hitch_bundle` is the bundle of --hitch-file; bundle_fixture() makes fixtures of other bundles.
"""

from __future__ import annotations

import inspect
import os
import time
from typing import Any, Callable, Dict, Generator, Iterator, List, Optional, Union

import pytest

from hitchserve.hitch_exception import HitchServeException
from hitchserve.log_file import LogLine
from hitchserve.service_bundle import ServiceBundle, running_bundles
from hitchserve.service_logs import format_lines

Source = Union[str, "os.PathLike[str]", Callable[..., ServiceBundle]]
_SCOPES = ("session", "package", "module", "class", "function")
_MOST_LINES = 500
_FILES = ("hitch.yaml", "hitch.yml", "hitch.json")
_began = "_hitchserve_began"


def bundle_fixture(source: Source, scope: Any = "session", name: Optional[str] = None,
                   **options: Any) -> Any:
    """A fixture that starts a bundle, hands it to tests, and shuts it down.

    source: a bundle file, or a function that makes a ServiceBundle; if that has a parameter
    `request`, it gets pytest's. scope is pytest's. options are those of ServiceBundle, for a file.
    """

    @pytest.fixture(scope=scope, name=name)
    def bundle(request: pytest.FixtureRequest) -> Iterator[ServiceBundle]:
        yield from _life_of(_make(source, request, options), request.config)

    return bundle


def _make(source: Source, request: pytest.FixtureRequest, options: Dict[str, Any]) -> ServiceBundle:
    if not callable(source):
        return ServiceBundle.from_file(source, **options)
    if "request" in inspect.signature(source).parameters:
        return source(request=request)
    return source()


def _life_of(bundle: ServiceBundle, config: pytest.Config) -> Iterator[ServiceBundle]:
    # What is shown while tests run would be captured, once for each test, and shown again below.
    bundle.quiet = bundle.quiet or config.getoption("capture") != "no"
    bundle.startup(interactive=False)
    try:
        yield bundle
    finally:
        bundle.shutdown()


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("hitch", "bundles of real services")
    group.addoption("--hitch-file", metavar="FILE", help="bundle file of the fixture hitch_bundle")
    group.addoption("--hitch-scope", choices=_SCOPES,
                    help="how long that bundle lives: for the whole session by default")
    parser.addini("hitch_file", "bundle file of the fixture hitch_bundle")
    parser.addini("hitch_scope", "how long that bundle lives: session by default", default="session")


def pytest_configure(config: pytest.Config) -> None:
    scope = config.getini("hitch_scope")
    if scope not in _SCOPES:
        raise pytest.UsageError(f"hitch_scope: '{scope}' is none of {', '.join(_SCOPES)}")


def _scope(fixture_name: str, config: pytest.Config) -> Any:
    del fixture_name
    scope = config.getoption("--hitch-scope") or config.getini("hitch_scope")
    return scope


@pytest.fixture(scope=_scope)
def hitch_bundle(request: pytest.FixtureRequest) -> Iterator[ServiceBundle]:
    """The bundle of --hitch-file, of hitch_file in pytest's own file, or of the nearest hitch.yaml
    from the root directory of the tests upward. It is ready."""
    yield from _life_of(ServiceBundle.from_file(_bundle_file(request.config)), request.config)


def _bundle_file(config: pytest.Config) -> str:
    given = config.getoption("--hitch-file")
    if given:
        return os.path.join(str(config.invocation_params.dir), given)
    directory = str(config.rootpath)
    if config.getini("hitch_file"):
        return os.path.join(directory, config.getini("hitch_file"))
    while True:
        for name in _FILES:
            if os.path.exists(os.path.join(directory, name)):
                return os.path.join(directory, name)
        if directory == os.path.dirname(directory):
            raise pytest.UsageError("there is no bundle file: name one with --hitch-file")
        directory = os.path.dirname(directory)


@pytest.hookimpl(tryfirst=True)  # type: ignore[misc]
def pytest_runtest_setup(item: pytest.Item) -> None:
    setattr(item, _began, time.monotonic())


@pytest.hookimpl(hookwrapper=True)  # type: ignore[misc]
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, None]:
    outcome = yield
    report = outcome.get_result()
    if not report.failed:
        return
    for bundle in running_bundles():
        lines = _lines_since(bundle, getattr(item, _began, 0.0))
        if lines:
            report.sections.append((f"hitch: {bundle.name}", _text_of(lines)))


def _lines_since(bundle: ServiceBundle, began: float) -> List[LogLine]:
    try:
        return bundle.log_lines(since=began)
    except (HitchServeException, OSError):
        return []


def _text_of(lines: List[LogLine]) -> str:
    if len(lines) <= _MOST_LINES:
        return format_lines(lines, with_titles=True)
    return (f"({len(lines) - _MOST_LINES} lines before these are in the log)\n"
            + format_lines(lines[-_MOST_LINES:], with_titles=True))
