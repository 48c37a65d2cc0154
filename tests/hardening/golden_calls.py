#!/usr/bin/python3
"""golden_calls.py BUILD: writes refused_calls.inc anew, from what a bundle of this build refuses.
To be run when configs/seccomp/default.json has been changed on purpose; read the difference."""
import pathlib
import re
import subprocess
import sys
import tempfile

build = pathlib.Path(sys.argv[1]).resolve()
numbers = (build / "src/runtime/isolation/system_call_numbers.inc").read_text()
names = {}
for name, *found in re.findall(r'\{"(\w+)", \{(-?\d+), (-?\d+), (-?\d+)\}\}', numbers):
    for abi, number in zip(("x86_64", "i386", "x32"), found):
        names[abi, int(number) & 0x3FFFFFFF if abi == "x32" else int(number)] = name

with tempfile.TemporaryDirectory(prefix="hitch-golden-") as place:
    bundle = pathlib.Path(place, "hitch.yaml")
    bundle.write_text("services: {Idle: {command: [sleep, '1000']}}\n")
    report = subprocess.run(
        [build / "bin/hitch", "run", "-q", "-f", bundle, "--", build / "bin/fixtures/every_call"],
        check=True, capture_output=True, text=True).stdout

lines = []
for line in report.splitlines():
    abi, number, *rest = line.split()
    lines.append(" ".join([abi, number, names.get((abi, int(number)), "?"), *rest]))
table = pathlib.Path(__file__).parent / "refused_calls.inc"
table.write_text('R"golden(\n' + "\n".join(lines) + '\n)golden"\n')
