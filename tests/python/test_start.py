"""Starting: what is refused before, what fails meanwhile, and that the test is told what it was."""

import contextlib
import datetime
import threading
import traceback
import urllib.request

import pytest

import hitchserve
from conftest import PATIENCE, bundles_left, talker
from hitchserve import Service


def ready(line):
    return "READY" in line


def command(script):
    return ["/bin/sh", "-c", script]


# What can be seen to be wrong at once.


@pytest.mark.parametrize("checker", [None, "READY", lambda: True, lambda one, two: True])
def test_checker_has_to_be_a_function_of_one_argument(checker):
    with pytest.raises(hitchserve.ServiceMisconfiguration, match="log_line_ready_checker must"):
        Service(command=["true"], log_line_ready_checker=checker)


@pytest.mark.parametrize("needs", ["Django", ["Django"], talker()])
def test_needs_are_services(needs):
    with pytest.raises(hitchserve.ServiceMisconfiguration, match="needs must be of type"):
        Service(command=["true"], log_line_ready_checker=ready, needs=needs)


@pytest.mark.parametrize("name", ["Test", "Hitch", "Harness", "a b", "a[b", ""])
def test_names_that_are_not_allowed(bundle, name):
    with pytest.raises(hitchserve.BundleMisconfiguration, match="not an allowed service name"):
        bundle[name] = talker()


def test_what_is_no_service(bundle):
    with pytest.raises(hitchserve.BundleMisconfiguration, match="must be of type 'Service'"):
        bundle["A"] = ["true"]
    with pytest.raises(hitchserve.BundleMisconfiguration, match="should be a list of strings"):
        bundle["A"] = Service(command="true", log_line_ready_checker=ready)
    with pytest.raises(hitchserve.BundleMisconfiguration, match="should be a list of strings"):
        bundle["A"] = Service(command=["sleep", 5], log_line_ready_checker=ready)
    with pytest.raises(hitchserve.BundleMisconfiguration, match="existing file, not 'no-such'"):
        bundle["A"] = Service(command=["no-such"], log_line_ready_checker=ready)
    with pytest.raises(hitchserve.BundleMisconfiguration, match="'/no/such' must exist"):
        bundle["A"] = talker(directory="/no/such")


def test_mapping(bundle):
    bundle["A"] = talker()
    bundle["B"] = talker(needs=[bundle["A"]])
    assert (list(bundle), len(bundle), "A" in bundle, "C" in bundle) == (["A", "B"], 2, True, False)
    assert list(bundle.keys()) == ["A", "B"]
    assert [name for name, _ in bundle.items()] == ["A", "B"]
    assert [service.name for service in bundle.values()] == ["A", "B"]
    for error in (IndexError, KeyError, hitchserve.BundleMisconfiguration):
        with pytest.raises(error, match="no service 'C'"):
            bundle["C"]
    bundle["C"] = talker(needs=[talker()])
    with pytest.raises(hitchserve.BundleMisconfiguration, match="not in the bundle"):
        bundle.startup()


def test_bundle_of_nothing_and_second_start(bundle):
    with pytest.raises(hitchserve.BundleMisconfiguration, match="has no services"):
        bundle.startup()
    bundle["A"] = talker()
    bundle.startup()
    with pytest.raises(hitchserve.HitchServeException, match="has been started already"):
        bundle.startup()
    with pytest.raises(hitchserve.BundleMisconfiguration, match="comes too late"):
        bundle["B"] = talker()


def test_what_only_hitch_can_see(bundle):
    bundle["A"] = talker(options={"limits": {"cpuss": 1}})
    with pytest.raises(hitchserve.BundleMisconfiguration, match="services.A.limits.cpuss.*did you mean"):
        bundle.startup()


def test_nothing_works_before_the_start(bundle):
    bundle["A"] = talker()
    with pytest.raises(hitchserve.HitchServeException, match="has not been started"):
        bundle["A"].pid
    with pytest.raises(hitchserve.HitchServeException, match="has not been started"):
        bundle["A"].logs.lines()
    assert "has not been started" in repr(bundle["A"].logs)


def test_hitch_that_is_not_there(bundle, monkeypatch):
    monkeypatch.setenv("HITCH_BINARY", "/no/such/hitch")
    bundle["A"] = talker()
    with pytest.raises(hitchserve.HitchServeException, match="cannot start '/no/such/hitch'"):
        bundle.startup()
    monkeypatch.delenv("HITCH_BINARY")
    monkeypatch.setenv("PATH", "/no/such")
    with pytest.raises(hitchserve.HitchServeException, match="'hitch' is not in PATH"):
        bundle.startup()


# What fails meanwhile.


def test_service_that_is_never_ready(project):
    bundle = hitchserve.ServiceBundle(project, startup_timeout=0.5, quiet=True)
    bundle["Late"] = Service(command=command("echo still busy; exec sleep 1000"), log_line_ready_checker=ready)
    with pytest.raises(hitchserve.ServiceStartupTimeoutException) as failure:
        bundle.startup()
    told = str(failure.value)
    assert "'Late'" in told and "waited for a line that log_line_ready_checker takes" in told
    assert "still busy" in told
    assert bundles_left() == []


def test_setup_that_takes_too_long(project):
    leave = threading.Event()

    class Slow(Service):
        def setup(self):
            leave.wait(PATIENCE)

    bundle = hitchserve.ServiceBundle(project, startup_timeout=0.5, quiet=True)
    bundle["Slow"] = Slow(command=["true"], log_line_ready_checker=ready)
    try:
        with pytest.raises(hitchserve.ServiceStartupTimeoutException, match="was in its setup\\(\\)"):
            bundle.startup()
    finally:
        leave.set()
    assert bundles_left() == []


def test_service_that_dies(bundle):
    bundle["Dead"] = Service(command=command("echo oh no >&2; exit 3"), log_line_ready_checker=ready)
    with pytest.raises(hitchserve.ServiceSuddenStopException) as failure:
        bundle.startup()
    assert "service 'Dead' died" in str(failure.value) and "oh no" in str(failure.value)
    assert "exited with code 3" in str(failure.value)
    assert bundle["Dead"].logs.err.lines() == ["oh no"]


def test_service_that_dies_later_is_known_to_who_waits(bundle):
    bundle["Dead"] = talker(then="sleep 0.3; exit 3")
    bundle.startup()
    with pytest.raises(hitchserve.ServiceSuddenStopException, match="'Dead' died: it exited with code 3"):
        bundle["Dead"].logs.tail.until(lambda line: False, timeout=PATIENCE)
    with pytest.raises(hitchserve.ServiceSuddenStopException, match="'Dead' died: it exited with code 3"):
        bundle["Dead"].pid


class Wrong(Service):
    def __init__(self, where):
        super().__init__(command=command("echo READY; exec sleep 1000"), log_line_ready_checker=ready)
        self.where = where

    def fail(self, where):
        if where == self.where:
            raise ZeroDivisionError("there is something wrong in " + where)

    def setup(self):
        self.fail("setup")

    def poststart(self):
        self.fail("poststart")


@pytest.mark.parametrize("where", ["setup", "poststart"])
def test_errors_surface_with_their_traceback(bundle, where):
    bundle["Wrong"] = Wrong(where)
    bundle["After"] = talker(needs=[bundle["Wrong"]])
    with pytest.raises(ZeroDivisionError, match="something wrong in " + where) as failure:
        bundle.startup()
    frames = [frame.name for frame in traceback.extract_tb(failure.value.__traceback__)]
    assert frames[-2:] == [where, "fail"]
    assert bundles_left() == []
    assert f"its {where}() raised ZeroDivisionError: there is something wrong" in str(bundle.logs)
    assert bundle["After"].logs.lines() == []


def test_error_of_the_checker_surfaces(bundle):
    bundle["Wrong"] = Service(command=command("echo one; exec sleep 1000"),
                              log_line_ready_checker=lambda line: {}[line])
    with pytest.raises(KeyError, match="one"):
        bundle.startup()


def test_ctrl_c_during_a_start_leaves_nothing(bundle):
    class Interrupted(Service):
        def setup(self):
            raise KeyboardInterrupt

    bundle["A"] = Interrupted(command=["true"], log_line_ready_checker=ready)
    with pytest.raises(KeyboardInterrupt):
        bundle.startup()
    assert bundles_left() == []


# What a start looks like.


def test_services_that_do_not_need_each_other_start_side_by_side(bundle):
    together = threading.Barrier(3)

    class Met(Service):
        def setup(self):
            together.wait(PATIENCE)

    for name in ("A", "B", "C"):
        bundle[name] = Met(command=command("echo READY; exec sleep 1000"), log_line_ready_checker=ready)
    bundle.startup()


def test_needs_are_ready_before(bundle):
    order = []

    class Told(Service):
        def setup(self):
            order.append("setup " + self.name)

        def poststart(self):
            order.append("poststart " + self.name)

    for name, needed in (("C", []), ("B", ["C"]), ("A", ["B", "C"])):
        bundle[name] = Told(command=command("sleep 0.05; echo READY; exec sleep 1000"),
                            log_line_ready_checker=ready, needs=[bundle[need] for need in needed])
    bundle.startup()
    assert order == ["setup C", "poststart C", "setup B", "poststart B", "setup A", "poststart A"]


def test_what_a_service_says_is_shown_unless_it_is_interactive(project, capsys):
    bundle = hitchserve.ServiceBundle(project, startup_timeout=PATIENCE)
    bundle["Django"] = talker("Quit the server with CONTROL-C.", "echo wrong >&2")
    bundle.startup(interactive=False)
    bundle.log("Message")
    bundle.warn("Warning")
    bundle["Django"].logs.err.tail.until(lambda line: line == "wrong", timeout=PATIENCE, lines_back=1)
    bundle.start_interactive_mode()
    shown = capsys.readouterr().out.splitlines()
    for line in ("[       Django] Quit the server with CONTROL-C.", "[   Err Django] wrong",
                 "[         Test] Message", "[     Err Test] Warning"):
        assert line in shown
    bundle.log("not to be seen")
    bundle.stop_interactive_mode()
    bundle.log("seen again")
    bundle.shutdown()
    shown = capsys.readouterr().out
    assert "seen again" in shown and "not to be seen" not in shown
    assert "not to be seen" in str(bundle.logs)


def test_environment(bundle, monkeypatch):
    monkeypatch.setenv("FOR_ALL", "all")
    monkeypatch.setenv("FOR_ONE", "one")
    monkeypatch.setenv("FOR_NONE", "none")
    bundle.pass_environment = ["FOR_A*"]
    show = command("echo $FOR_ALL/$FOR_ONE/$FOR_NONE/$X; echo READY; exec sleep 1000")
    bundle["A"] = Service(command=show, log_line_ready_checker=ready, pass_environment=["FOR_ONE"],
                          env_vars={"X": "$HOME ${NOT} $$"})
    bundle["B"] = Service(command=show, log_line_ready_checker=ready)
    bundle.startup()
    assert bundle["A"].logs.out.lines()[0] == "all/one//$HOME ${NOT} $$"
    assert bundle["B"].logs.out.lines()[0] == "all///"


def test_services_come_and_go(bundle):
    class Counted(Service):
        setups = poststarts = 0

        def setup(self):
            Counted.setups += 1

        def poststart(self):
            Counted.poststarts += 1

    bundle["A"] = Counted(command=command("echo READY; exec sleep 1000"), log_line_ready_checker=ready)
    bundle["B"] = talker()
    bundle.startup()
    first = bundle["A"].pid
    bundle["A"].stop()
    assert bundle["A"].pid == 0
    with pytest.raises(hitchserve.HitchServiceException, match="does not run"):
        bundle["A"].process
    bundle["A"].start()
    bundle["A"].restart()
    assert bundle["A"].pid not in (0, first)
    assert (Counted.setups, Counted.poststarts) == (3, 3)
    bundle["A"].pause()
    assert bundle["A"].info()["state"] == "paused"
    bundle["A"].unpause()
    bundle["A"].kill()
    assert bundle["A"].wait() == 128 + 9
    assert bundle["B"].process.is_running()


def test_networks_of_their_own(project):
    """Two bundles with a server on the same port, and a way into each."""
    code = ("import http.server as h; s = h.HTTPServer(('', 80), h.SimpleHTTPRequestHandler); "
            "print('READY'); s.serve_forever()")
    addresses = []
    with contextlib.ExitStack() as stack:
        for _ in range(2):
            bundle = hitchserve.ServiceBundle(project, startup_timeout=PATIENCE, quiet=True,
                                              network="private")
            bundle["Web"] = Service(command=["/usr/bin/python3", "-u", "-c", code], publish=[80],
                                    log_line_ready_checker=ready)
            stack.enter_context(bundle)
            addresses.append(bundle["Web"].address(80))
        for host, port in addresses:
            assert urllib.request.urlopen(f"http://{host}:{port}/", timeout=PATIENCE).status == 200
        assert addresses[0] != addresses[1]
        with pytest.raises(hitchserve.HitchServiceException, match="does not publish port 81"):
            bundle["Web"].address(81)


def test_bundle_of_a_file(project):
    (project / "hitch.yaml").write_text("""
name: from-a-file
clock: {start: "2015-07-11T10:36:58Z"}
services:
  App: {shell: "echo READY $EXTRA; exec sleep 1000", ready: READY, subcommands: {greet: [echo, hello]}}
""")
    with hitchserve.ServiceBundle.from_file(project / "hitch.yaml", quiet=True) as bundle:
        assert list(bundle) == ["App"]
        assert bundle["App"].logs.out.lines() == ["READY"]
        assert bundle["App"].subcommand("greet", "you").run(check_output=True) == "hello you\n"
        assert (bundle.now().year, bundle.now().month) == (2015, 7)
        assert bundle["App"].process.is_running()
    laid_over = hitchserve.ServiceBundle.from_file(project / "hitch.yaml", quiet=True)
    laid_over["App"] = Service(env_vars={"EXTRA": "more"}, ready="READY more")
    with laid_over:
        assert laid_over["App"].logs.out.lines() == ["READY more"]


def test_bad_file_is_named(project):
    (project / "hitch.yaml").write_text("services: {A: {comand: [true]}}\n")
    with pytest.raises(hitchserve.BundleMisconfiguration, match="hitch.yaml:1:.*did you mean 'command'"):
        hitchserve.ServiceBundle.from_file(project / "hitch.yaml", quiet=True).startup()


def test_bundle_that_is_over_before_we_look(bundle, monkeypatch):
    bundle["Dead"] = Service(command=command("echo oh no >&2; exit 3"), log_line_ready_checker=ready)
    start = hitchserve.ServiceBundle._start

    def start_late(self):
        assert self._supervisor.wait(60) is not None
        start(self)
    monkeypatch.setattr(hitchserve.ServiceBundle, "_start", start_late)
    with pytest.raises(hitchserve.ServiceSuddenStopException, match="service 'Dead' died"):
        bundle.startup()
    assert bundle["Dead"].logs.err.lines() == ["oh no"]


def test_bundle_that_is_over_at_once(project):
    (project / "hitch.yaml").write_text("services: {}")
    with pytest.raises(hitchserve.HitchServeException, match="no service in it that goes on running"):
        hitchserve.ServiceBundle.from_file(project / "hitch.yaml", quiet=True).startup()


def test_no_libfaketime(bundle):
    bundle["A"] = talker(no_libfaketime=True)
    bundle["B"] = talker()
    bundle.startup()
    bundle.time_travel(days=1000)
    told = [bundle[name].subcommand("date", "+%Y").run(check_output=True) for name in "AB"]
    assert told == [f"{datetime.datetime.now().year}\n", f"{bundle.now().year}\n"]
    assert told[0] != told[1]
