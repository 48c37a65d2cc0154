"""Logs read back, followed and waited on: any bytes, any length, while they are written and after."""

import json
import threading
import time

import pytest

import hitchserve
from conftest import PATIENCE, talker
from hitchserve import Service


def printer(code, **options):
    options.setdefault("log_line_ready_checker", lambda line: line == "READY")
    return Service(command=["/usr/bin/python3", "-u", "-c", "import sys, time\n" + code +
                            "\nprint('READY', flush=True)\ntime.sleep(1000)"], **options)


def write(data):
    return f"sys.stdout.buffer.write({data!r}); sys.stdout.buffer.flush()"


def test_any_bytes_and_lines_of_any_length(bundle):
    odd = b"nul \x00 bad \xff\xfe tab \t cr \r esc \x1b[31m\n\n  spaces  \nGr\xc3\xbc\xc3\x9fe\n"
    bundle["A"] = printer(write(odd) + "\nprint('x' * 3_000_000)")
    bundle.startup()
    lines = bundle["A"].logs.out.lines()
    assert lines[:4] == ["nul \0 bad \ufffd\ufffd tab \t cr \r esc \x1b[31m", "", "  spaces  ", "Grüße"]
    assert len(lines[4]) == 3_000_000 and set(lines[4]) == {"x"}


def test_what_is_known_of_a_line(bundle):
    before = time.time(), time.monotonic()
    bundle["A"] = talker(then="echo wrong >&2")
    bundle.startup()
    line = bundle["A"].logs.err.tail.until(lambda line: line == "wrong", timeout=PATIENCE, lines_back=1)
    assert isinstance(line, str) and line == "wrong"
    assert (line.service, line.stream, line.phase, line.label) == ("A", "err", "run", "Err A")
    assert before[0] - 1 < line.time < time.time() + 1
    assert before[1] - 1 < line.monotonic < time.monotonic() + 1
    bundle.time_travel(days=1)
    bundle.log("later")
    later = bundle.logs.lines()[-1]
    assert 86000 < later.bundle_time - later.time < 86500 and later.sequence > line.sequence


def test_line_in_several_writes_is_one(bundle):
    bundle["A"] = printer("for c in 'one line': sys.stdout.write(c); sys.stdout.flush(); time.sleep(0.01)\nprint()")
    bundle.startup()
    assert bundle["A"].logs.out.lines() == ["one line", "READY"]


def test_last_line_without_newline(bundle):
    bundle["A"] = printer("print('first')")
    bundle["B"] = Service(command=["/bin/sh", "-c", "echo READY; printf 'password: '; exec sleep 1000"],
                          log_line_ready_checker=lambda line: line == "READY")
    bundle.startup()
    deadline = time.monotonic() + PATIENCE
    while bundle["B"].logs.lines() != ["READY", "password: "]:
        assert time.monotonic() < deadline
    assert bundle["B"].logs.tail.until(lambda line: "password" in line, timeout=0.1,
                                       raise_exception=False) is None
    bundle.shutdown()
    assert bundle["B"].logs.lines() == ["READY", "password: "]


def test_lines_back_counts_lines_of_this_stream_alone(bundle):
    bundle["A"] = talker("READY", "echo one; echo two; echo x >&2; echo y >&2; echo three")
    bundle["B"] = talker(needs=[bundle["A"]])
    bundle.startup()
    out = bundle["A"].logs.out
    out.tail.until(lambda line: line == "three", timeout=PATIENCE, lines_back=99)
    for back, found in ((0, False), (1, False), (2, True), (99, True)):
        line = out.tail.until(lambda line: line == "two", timeout=0.05, lines_back=back, raise_exception=False)
        assert (line == "two") == found, back


def test_last_lines_of_a_long_log(bundle):
    """Which is not read from its beginning for them."""
    bundle["A"] = Service(command=["/bin/sh", "-c", "seq 300000; echo x >&2; seq 300001 300100; echo READY; "
                                   "exec sleep 1000"], log_line_ready_checker=lambda line: line == "READY")
    bundle.startup()
    log, out, err = bundle.log_file(), bundle["A"].logs.out, bundle["A"].logs.err
    lines = out.lines()
    assert lines == [str(number) for number in range(1, 300_101)] + ["READY"]
    for back in (1, 2, 3, 100, 101, 102, 12_345, 150_000, 300_000):
        first = []
        out.tail.until(lambda line: first.append(line), timeout=0, lines_back=back, raise_exception=False)
        assert first == lines[-back:], back
    assert err.tail.until(lambda line: line == "x", timeout=0, lines_back=1) == "x"
    assert log.place_before_last(1, out.wants)[0] > 1_000_000
    assert log.place_before_last(5, err.wants)[0] == 0


def test_line_that_had_begun_before_is_whole(bundle, project):
    bundle["A"] = printer("import os\nprint('begin', flush=True); print('first half, ', end='', flush=True)\n"
                          "print('READY', file=sys.stderr, flush=True)\n"
                          "while not os.path.exists('go'): time.sleep(0.01)\nprint('second half', flush=True)")
    bundle.startup()
    out = bundle["A"].logs.out
    while out.lines()[-1] != "first half, ":
        pass
    threading.Timer(0.2, (project / "go").touch).start()
    assert out.tail.until(lambda line: "half" in line, timeout=PATIENCE, lines_back=1) == \
        "first half, second half"


def test_timeout_says_what_came(bundle):
    bundle["A"] = talker(then="echo nearly")
    bundle.startup()
    bundle["A"].logs.tail.until(lambda line: line == "nearly", timeout=PATIENCE, lines_back=9)
    with pytest.raises(hitchserve.WaitingForLogMessageTimeout) as failure:
        bundle["A"].logs.out.tail.until(lambda line: "never" in line, timeout=0.05, lines_back=5)
    assert "no line of 'A' (stdout)" in str(failure.value) and "nearly" in str(failure.value)
    assert "0.05 seconds; 2 lines came" in str(failure.value)


def test_json_among_other_things(bundle):
    bundle["A"] = talker(then="""echo '{"a": 1}'; echo 5; echo '[1, 2]'; echo '"text"'; echo '{broken'
        echo '  {"b": {"c": "ü"}}'; sleep 0.2; echo '{"event": "paid"}'""")
    bundle.startup()
    paid = bundle["A"].logs.out.tail.until_json(lambda line: line["event"] == "paid", timeout=PATIENCE,
                                                lines_back=99)
    assert paid == {"event": "paid"}
    assert bundle["A"].logs.json() == [{"a": 1}, [1, 2], {"b": {"c": "ü"}}, {"event": "paid"}]
    with pytest.raises(hitchserve.WaitingForLogMessageTimeout, match="raised KeyError\\('sum'\\)"):
        bundle["A"].logs.out.tail.until_json(lambda line: line["sum"], timeout=0.05, lines_back=1)
    with pytest.raises(ZeroDivisionError):
        bundle["A"].logs.out.tail.until_json(lambda line: 1 / 0, timeout=0.05, lines_back=1)


def test_no_line_is_lost_or_cut_at_full_speed(bundle):
    count = 100_000
    bundle["A"] = Service(command=["/bin/sh", "-c", f"seq {count}; echo READY; exec sleep 1000"],
                          log_line_ready_checker=lambda line: line == "READY")
    bundle.startup()
    assert bundle["A"].logs.out.lines() == [str(number) for number in range(1, count + 1)] + ["READY"]


def test_follow_sees_each_line_once(bundle, capsys):
    bundle["A"] = talker(then="sleep 0.2; seq 1 5000")
    bundle.startup()
    thread = threading.Thread(target=bundle["A"].logs.out.tail.follow, 
                              kwargs={"lines_back": 10_000, "timeout": PATIENCE})
    thread.start()
    bundle["A"].logs.out.tail.until(lambda line: line == "5000", timeout=PATIENCE, lines_back=5001)
    bundle.shutdown()  # ends what follows
    thread.join()
    shown = [line for line in capsys.readouterr().out.splitlines() if line.isdigit()]
    assert shown == [str(number) for number in range(1, 5001)]


def test_cat_and_grep(bundle, capsys):
    bundle["A"] = talker(then="echo apple; echo pear; echo bad >&2")
    bundle.startup()
    bundle["A"].logs.tail.until(lambda line: line == "bad", timeout=PATIENCE, lines_back=9)
    capsys.readouterr()
    bundle["A"].logs.out.tail.cat()
    assert capsys.readouterr().out == "READY\napple\npear\n"
    bundle["A"].logs.out.tail.cat(numlines=1)
    assert capsys.readouterr().out == "pear\n"
    bundle["A"].logs.tail.cat(numlines=1)
    assert capsys.readouterr().out == "[Err A] bad\n"
    bundle["A"].logs.out.tail.grep(lambda line: "pp" in line, lines_back=9, timeout=0.05)
    assert capsys.readouterr().out == "apple\n"


def test_only_lines_since_the_restart_make_a_service_ready(bundle):
    bundle["A"] = Service(command=["/bin/sh", "-c", "n=$(cat n 2>/dev/null); n=$((n + 1)); echo $n >n; "
                                   "sleep 0.1; echo READY $n; exec sleep 1000"],
                          log_line_ready_checker=lambda line: "READY" in line)
    bundle.startup()
    bundle["A"].restart()
    assert bundle["A"].logs.out.lines() == ["READY 1", "READY 2"]


def test_whatever_a_test_says_does_not_end_its_bundle(bundle):
    class Talkative(Service):
        def setup(self):
            print("y" * 2_000_000 + "\0 \udc80 end")

    bundle["A"] = Talkative(command=["/bin/sh", "-c", "echo READY; exec sleep 1000"],
                            log_line_ready_checker=lambda line: line == "READY")
    bundle.startup()
    assert "".join(bundle["A"].logs.setup.out.lines()) == "y" * 2_000_000 + "\ufffd \\udc80 end"
    bundle.log("x" * 3_000_000)
    bundle.log("")
    bundle.warn("Grüße \udcff\n2nd line")
    said = [str(line) for line in bundle.logs.lines() if line.service == "Test"]
    assert said[-3:] == ["", "Grüße \\udcff", "2nd line"]
    assert "".join(said[:-3]) == "x" * 3_000_000
    with pytest.raises(hitchserve.ControlError, match="longer than 1 MiB"):
        bundle["A"].subcommand("echo", "x" * 2_000_000).run()
    with pytest.raises(ValueError):
        bundle["A"].subcommand("echo", "\udc80").run()
    with pytest.raises(hitchserve.HitchServeException):
        bundle["A"].subcommand("echo", "a\0b").run()
    assert bundle["A"].subcommand("echo", "still here").run(check_output=True) == "still here\n"


def test_file_of_a_run_that_was_killed(bundle, tmp_path):
    bundle["A"] = talker(then=f"echo '{json.dumps({'n': 1})}'")
    bundle.startup()
    bundle["A"].logs.out.tail.until_json(lambda line: line["n"] == 1, timeout=PATIENCE, lines_back=9)
    whole = open(bundle.log_file().path, "rb").read()
    from hitchserve.log_file import LogCursor, LogFile
    complete = [str(line) for line in LogCursor(LogFile(bundle.log_file().path), lambda stream: True).read()]
    for size in range(0, len(whole), 7):
        (tmp_path / "log").write_bytes(whole[:size] + b"\0" * (size % 3))
        cut = [str(line) for line in LogCursor(LogFile(str(tmp_path / "log")), lambda stream: True).read()]
        assert cut == complete[:len(cut)]


def test_until_times_out_while_lines_come_without_a_pause(bundle):
    bundle["Noisy"] = talker(then="while :; do echo noise; done")
    bundle.startup()
    with pytest.raises(hitchserve.WaitingForLogMessageTimeout):
        bundle["Noisy"].logs.tail.until(lambda line: "never" in line, timeout=0.5)
    bundle["Noisy"].logs.tail.grep(lambda line: "never" in line, timeout=0.2)
