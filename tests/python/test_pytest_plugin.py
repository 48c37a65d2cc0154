"""The plugin, in runs of pytest of their own."""

import os

import pytest

from conftest import PATIENCE, bundles_left

BUNDLE = """
name: plugged
services:
  App: {shell: "echo READY $$PWD; while read -r x; do :; done; exec sleep 1000", ready: READY}
"""

USES = """
    import os, pathlib

    def note(bundle):
        with open("seen", "a") as seen:
            seen.write(f"{os.getpid()} {bundle['App'].pid}\\n")

    def test_one(hitch_bundle):
        note(hitch_bundle)
        assert hitch_bundle["App"].logs.out.lines()[0].startswith("READY")

    def test_two(hitch_bundle):
        note(hitch_bundle)
"""


@pytest.fixture
def run(pytester, monkeypatch):
    """pytest in a process of its own, as its users have it."""
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")

    def run(*args):
        return pytester.runpytest_subprocess("-p", "no:cacheprovider", *os.environ.get(
            "HITCH_PLUGIN", "").split(), *args, timeout=PATIENCE)

    return run


def seen(pytester):
    return [line.split() for line in (pytester.path / "seen").read_text().splitlines()]


def test_bundle_of_the_nearest_file_lives_for_the_session(pytester, run):
    pytester.makefile(".yaml", hitch=BUNDLE)
    pytester.makepyfile(USES)
    run().assert_outcomes(passed=2)
    first, second = seen(pytester)
    assert first == second
    assert bundles_left() == []


@pytest.mark.parametrize("how", ["option", "ini"])
def test_file_and_scope_can_be_chosen(pytester, run, how):
    (pytester.path / "other").mkdir()
    (pytester.path / "other" / "app.yaml").write_text(BUNDLE)
    pytester.makepyfile(USES)
    if how == "option":
        result = run("--hitch-file", "other/app.yaml", "--hitch-scope", "function")
    else:
        pytester.makeini("[pytest]\nhitch_file = other/app.yaml\nhitch_scope = function\n")
        result = run()
    result.assert_outcomes(passed=2)
    first, second = seen(pytester)
    assert first[1] != second[1]


def test_no_file_is_said(pytester, run):
    pytester.makepyfile(USES)
    run().stdout.fnmatch_lines(["*there is no bundle file: name one with --hitch-file*"])


def test_log_of_the_failing_tests_time_is_in_the_report(pytester, run):
    pytester.makepyfile("""
        import hitchserve
        from hitchserve.pytest_plugin import bundle_fixture

        def make(request):
            bundle = hitchserve.ServiceBundle(request.config.rootpath, quiet=True)
            bundle["Echo"] = hitchserve.Service(
                command=["/usr/bin/python3", "-u", "-c", "print('READY'); import time; time.sleep(1000)"],
                log_line_ready_checker=lambda line: line == "READY")
            return bundle

        services = bundle_fixture(make, scope="module")

        def test_first(services):
            services.log("of the first test")

        def test_second(services):
            services.log("of the second test")
            assert False

        def test_third(services):
            services.log("of the third test")
    """)
    result = run()
    result.assert_outcomes(passed=2, failed=1)
    result.stdout.fnmatch_lines(["*hitch: *", "[[]*Test[]] of the second test"])
    assert "of the first test" not in result.stdout.str()
    assert "of the third test" not in result.stdout.str()


def test_error_of_a_start_is_the_tests_error(pytester, run):
    pytester.makefile(".yaml", hitch="services: {App: {shell: 'echo oh no; exit 3', ready: never}}")
    pytester.makepyfile(USES)
    result = run()
    result.assert_outcomes(errors=2)
    result.stdout.fnmatch_lines(["*ServiceSuddenStopException: *App*", "*oh no*"])


def test_fixture_of_a_file_with_options(pytester, run):
    pytester.makefile(".yaml", app=BUNDLE)
    pytester.makepyfile("""
        import pathlib
        from hitchserve.pytest_plugin import bundle_fixture
        FILE = pathlib.Path(__file__).parent / "app.yaml"
        clocked = bundle_fixture(FILE, scope="function", clock={"start": "2015-07-11T12:00:00Z"})

        def test_it(clocked):
            assert clocked.now().year == 2015
    """)
    run().assert_outcomes(passed=1)


def test_workers_of_xdist_have_a_bundle_each(pytester, run):
    pytest.importorskip("xdist")
    pytester.makefile(".yaml", hitch="""
name: parallel
services:
  Web:
    command: [/usr/bin/python3, -u, -m, http.server, "80"]
    ready: {listen: 80}
    publish: ["80"]
""")
    pytester.makepyfile("""
        import os, urllib.request
        import pytest

        @pytest.mark.parametrize("number", range(8))
        def test_one(hitch_bundle, number):
            host, port = hitch_bundle["Web"].address(80)
            assert urllib.request.urlopen(f"http://{host}:{port}/?{os.getpid()}", timeout=60).status == 200
            mine = f"/?{os.getpid()} "
            logs = hitch_bundle["Web"].logs
            logs.tail.until(lambda line: mine in line, timeout=60, lines_back=9)
            asked = [line for line in logs.lines() if "GET /?" in line]
            assert asked and all(mine in line for line in asked)
            with open(f"worker-{os.getpid()}", "w"):
                pass
            if number == 7:
                hitch_bundle.log("said by the worker")
                assert False
    """)
    result = run("-n", "3", "-p", "xdist")
    result.assert_outcomes(passed=7, failed=1)
    result.stdout.fnmatch_lines(["*hitch: *", "*said by the worker*"])
    assert len(list(pytester.path.glob("worker-*"))) > 1
    assert bundles_left() == []
