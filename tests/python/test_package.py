"""The package as such: it is built without network, installed, typed, and documented truly."""

import os
import pathlib
import re
import subprocess
import sys
import tarfile
import textwrap
import zipfile

import pytest

import hitchserve
from conftest import PATIENCE

SOURCE = pathlib.Path(os.environ.get("HITCH_PYTHON_SOURCE", pathlib.Path(__file__).parents[2]))


def run(*command, **options):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          timeout=4 * PATIENCE, **options)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """A wheel and an sdist."""
    root = tmp_path_factory.mktemp("build")
    run("cp", "-r", SOURCE / "python", root / "python")
    code = ("from setuptools import build_meta as b; "
            "w, s = b.build_wheel('dist'), b.build_sdist('dist'); print('made', w, s)")
    (root / "python" / "dist").mkdir()
    told = run(sys.executable, "-c", code, cwd=root / "python").splitlines()[-1]
    return root, [root / "python" / "dist" / name for name in told.split()[1:]]


def test_wheel_and_sdist_have_all_of_it(built):
    _, (wheel, sdist) = built
    assert wheel.name == f"hitchserve-{hitchserve.__version__}-py3-none-any.whl"
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        entry_points = next(name for name in names if name.endswith("entry_points.txt"))
        assert b"[pytest11]\nhitchserve = hitchserve.pytest_plugin" in archive.read(entry_points)
    sources = {str(path.relative_to(SOURCE / "python")) for path in (SOURCE / "python").glob("hitchserve/**/*.py")}
    assert sources <= names and "hitchserve/py.typed" in names
    with tarfile.open(sdist) as archive:
        packed = {name.split("/", 1)[-1] for name in archive.getnames()}
    assert sources | {"pyproject.toml", "README.md", "hitchserve/py.typed"} <= packed


def test_pip_installs_it_without_network(built):
    root, _ = built
    venv = root / "venv"
    run(sys.executable, "-m", "venv", "--system-site-packages", venv)
    run(venv / "bin" / "pip", "install", "--no-build-isolation", "--no-index", "--disable-pip-version-check",
        root / "python", env={**os.environ, "PIP_NO_CACHE_DIR": "1"})
    (root / "tests").mkdir()
    (root / "tests" / "test_it.py").write_text(textwrap.dedent("""
        import hitchserve

        def test_plugin_is_there(request, hitch_bundle):
            assert "venv" in hitchserve.__file__
            assert hitch_bundle["App"].logs.out.lines() == ["READY"]
    """))
    (root / "tests" / "hitch.yaml").write_text(
        "services: {App: {shell: 'echo READY; exec sleep 1000', ready: READY}}")
    environment = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "PYTEST_ADDOPTS")}
    told = run(venv / "bin" / "python", "-m", "pytest", "-p", "no:cacheprovider", "-q", "--rootdir",
               root / "tests", root / "tests", env=environment)
    assert "1 passed" in told


def test_types(tmp_path):
    """The package itself, strictly; and a program that uses it."""
    user = tmp_path / "user.py"
    user.write_text(textwrap.dedent("""
        from datetime import timedelta
        from typing import Optional

        import hitchserve
        from hitchserve import LogLine, Service, ServiceBundle
        from hitchserve.services import PostgresService

        class Mine(Service):
            def setup(self) -> None:
                self.log(1)

        services = ServiceBundle(".", startup_timeout=15.0, shutdown_timeout=5.0)
        services["Mine"] = Mine(command=["true"], log_line_ready_checker=lambda line: line == "READY")
        services["Db"] = PostgresService(port=5433, needs=[services["Mine"]])
        services.time_travel(days=1, timedelta=timedelta(hours=1))
        line: Optional[LogLine] = services["Db"].logs.out.tail.until(lambda line: "x" in line, timeout=1)
        pid: int = services["Db"].pid
        reveal_type(services["Db"].logs.lines())
    """))
    environment = {**os.environ, "MYPYPATH": str(SOURCE / "python")}
    mypy = [sys.executable, "-m", "mypy", "--cache-dir", tmp_path / "cache", "--config-file",
            SOURCE / "python" / "pyproject.toml"]
    told = run(*mypy, SOURCE / "python" / "hitchserve", user, env=environment)
    assert 'Revealed type is "builtins.list[hitchserve.log_file.LogLine]"' in told
    user.write_text(user.read_text().replace("pid: int", "pid: str"))
    wrong = subprocess.run([str(word) for word in (*mypy, user)], capture_output=True, text=True,
                           env=environment, timeout=4 * PATIENCE)
    assert "Incompatible types in assignment" in wrong.stdout


def blocks():
    page = (SOURCE / "docs" / "python.md").read_text(encoding="utf-8")
    return re.findall(r"^```python(?: (\w+))?\n(.*?)^```$", page, re.M | re.S)


def test_documentation_runs(tmp_path):
    """The blocks of docs/python.md, one after the other in one program; those that are marked `test`
    with pytest."""
    (tmp_path / "hitch.yaml").write_text(
        "name: shop\nservices: {Web: {command: [/usr/bin/python3, -u, -m, http.server, '8000'], "
        "ready: {listen: 8000}, publish: ['8000']}}\n")
    program = "\n".join(code for mark, code in blocks() if mark == "")
    assert program.count("ServiceBundle(") >= 1
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
    (tmp_path / "program.py").write_text(program)
    run(sys.executable, "program.py", cwd=tmp_path, env=environment)
    tests = [code for mark, code in blocks() if mark == "test"]
    assert tests
    for number, code in enumerate(tests):
        (tmp_path / f"test_{number}.py").write_text(code)
    told = run(sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *os.environ.get(
        "HITCH_PLUGIN", "").split(), "-q", "--rootdir", tmp_path, tmp_path, cwd=tmp_path, env=environment)
    assert "passed" in told and "failed" not in told
