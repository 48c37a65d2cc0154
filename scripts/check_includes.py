#!/usr/bin/env python3
"""Who may include whom, and a few rules on files: check_includes.py

A room is a folder of src/. A room may include itself and what MAY_INCLUDE lists for it: a room, or
one header of a room. Tests may include everything.
"""

import re
import sys

from cpp_source import ROOT, bracket_pairs, code_only, line_of, report, source_files

MAY_INCLUDE = {
    'base': [],
    'isolation': ['base'],
    'process': ['base'],
    'namespaces': ['process', 'base'],
    'init': ['clock/clock_filter.h', 'namespaces', 'process', 'base'],
    'introspect': ['base'],  # a library that knows no bundles
    'bundle': ['isolation', 'base'],
    'clock': ['introspect', 'process', 'base'],
    'data': ['base'],
    'async': ['base'],
    'cgroup': ['base'],
    'jq': ['base'],
    'logs': ['jq/frame.h', 'process/exit_status.h', 'process/helper.h', 'async', 'base'],
    'network': ['process', 'async', 'base'],
    'probe': ['cgroup', 'clock', 'network', 'namespaces', 'isolation', 'process', 'base'],
    'oci': ['namespaces/caps.h', 'control/json.h', 'base'],
    'ready': ['bundle/model.h', 'logs', 'introspect', 'process', 'async', 'base'],
    'control': ['async', 'base'],
    'supervisor': ['cgroup', 'oci', 'control', 'ready', 'network', 'logs', 'async', 'data', 'clock', 'bundle',
                   'introspect', 'init/channel.h', 'init/payload_writer.h', 'namespaces', 'isolation', 'process',
                   'base'],
    'host': ['cgroup/group_record.h', 'supervisor', 'logs', 'bundle', 'data', 'base'],
    'client': ['control/rpc.h', 'control/json.h', 'control/json_text.h', 'logs', 'introspect/process.h', 'base'],
    'cli': ['host', 'probe', 'isolation', 'client', 'control/json_text.h', 'ready/condition.h', 'ready/members.h', 'data', 'logs', 'bundle',
            'introspect', 'base'],
}

# Where a library may be seen: its headers' prefix, and rooms, or the one class that hides it.
LIBRARIES = [
    (r'boost/(asio|beast)', ['async', 'network', 'ready', 'control', 'supervisor', 'host']),
    (r'yaml-cpp/', ['bundle']),
    (r'simdjson', ['bundle', 'logs', 'control', 'client']),
    (r'jq\.h|jv\.h', ['jq/program']),
    (r're2/', ['logs']),
    (r'seccomp\.h', ['namespaces/seccomp', 'isolation/system_call_table']),
    (r'sys/capability\.h', ['namespaces/missing_caps']),
    (r'CLI/', ['cli']),
    (r'archive(_entry)?\.h', ['oci/layer_reader']),
    (r'openssl/', ['oci/sha256']),
]

FILE_LINES, MOST_FILE_LINES = 400, 400
FUNCTION_LINES, MOST_FUNCTION_LINES = 60, 80

_INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*([<"])([^>"]+)[>"]', re.MULTILINE)
_SCOPE = re.compile(r'\b(namespace|class|struct|union|enum|extern)\b')


def room_of(path):
    """'logs' for runtime/logs/store.h, 'cli' for cli/main.cc; a path from src/."""
    parts = path.split('/')
    if parts[0] == 'runtime' and len(parts) > 2:
        return parts[1]
    return parts[0] if len(parts) > 1 else None


def may_include(room, included):
    """Whether a file of `room` may include `included`, a path from src/."""
    target = room_of(included)
    if target == room:
        return True
    in_runtime = included.removeprefix('runtime/')
    return target in MAY_INCLUDE[room] or in_runtime in MAY_INCLUDE[room]


def check_include(room, name, quote, included):
    """What is wrong with one include of src/`name`, or None."""
    if quote == '"' and '/' in included:
        if room_of(included) not in MAY_INCLUDE:
            return f'"{included}" is not the path of a header from src/'
        if '/client/hitch/' in name and '/client/hitch/' not in included:
            return f'a public header includes "{included}": the standard library alone'
        if not may_include(room, included):
            return f'{room} may not include "{included}"'
        return None
    for pattern, places in LIBRARIES:
        stem = name.removeprefix('src/').removeprefix('runtime/').rsplit('.', 1)[0]
        if re.match(pattern, included) and room not in places and stem not in places:
            return f'{room} may not use <{included}>: that is for {", ".join(places)}'
    return None


def check_rooms(name, text):
    """Findings in src/`name` about its includes, as (line, text)."""
    room = room_of(name.removeprefix('src/'))
    if room not in MAY_INCLUDE:
        yield 1, f'no room {room!r}: say in check_includes.py what it may include'
        return
    for match in _INCLUDE.finditer(text):
        wrong = check_include(room, name, *match.groups())
        if wrong:
            yield line_of(text, match.start()), wrong
    if room == 'init':
        for match in re.finditer(r'\b(throw|try|catch)\b', code_only(text)):
            yield line_of(text, match.start()), f'{match.group()}: init has no exceptions'


def check_form(name, text, has_own_header):
    """Findings about `#pragma once` and the order of includes."""
    if name.endswith('.h') and not re.search(r'^#pragma once$', text, re.MULTILINE):
        yield 1, 'a header without #pragma once'
    if has_own_header:
        own = name.removesuffix('.cc') + '.h'
        first = _INCLUDE.search(text)
        if not first or not own.endswith('/' + first.group(2)):
            yield (line_of(text, first.start()) if first else 1), 'the own header comes first'


def without_parentheses(code, pairs, start, end):
    """code[start:end] without what stands between parentheses."""
    kept = ''
    while start < end:
        kept += code[start]
        start = pairs[start] if code[start] == '(' and start in pairs else start + 1
    return kept


def functions(text):
    """(first line, number of lines) of each function that is no lambda."""
    code = re.sub(r'^[ \t]*#(?:\\\n|[^\n])*|\b(?:public|protected|private):',
                  lambda match: re.sub(r'[^\n]', ' ', match.group()), code_only(text),
                  flags=re.MULTILINE)
    pairs = bracket_pairs(code)
    start = place = 0  # of a declaration
    while place < len(code):
        if code[place] in ';}':
            start = place + 1
        elif code[place] in '([' and place in pairs:
            place = pairs[place]
        elif code[place] == '{' and place in pairs:
            head = without_parentheses(code, pairs, start, place)
            if _SCOPE.search(re.sub(r'template\s*<[^{}()]*>', '', head)):
                start = place + 1
            elif re.search(r'\)\s*(noexcept\s*)?:[^:]', head) and re.search(r'\w\s*$', head):
                place = pairs[place]  # member_{…} of a constructor
            else:
                if '(' in head and '=' not in re.sub(r'operator\S+', '', head):
                    lead = len(head) - len(head.lstrip())
                    first = line_of(code, start + lead)
                    yield first, line_of(code, pairs[place]) - first + 1
                place = pairs[place]
                start = place + 1
        place += 1


def check_lengths(text):
    """Findings and warnings about lengths, as (line, text, whether it fails)."""
    lines = text.count('\n')
    if lines > FILE_LINES:
        yield 1, f'{lines} lines: a file has at most {FILE_LINES}', lines > MOST_FILE_LINES
    for line, length in functions(text):
        if length > FUNCTION_LINES:
            yield (line, f'a function of {length} lines: {FUNCTION_LINES} are enough',
                   length > MOST_FUNCTION_LINES)


def main():
    failures, warnings = [], []
    for path in source_files('src', 'tests'):
        name = path.relative_to(ROOT).as_posix()
        text = path.read_text(encoding='utf-8')
        found = list(check_rooms(name, text)) if name.startswith('src/') else []
        own_header = path.suffix == '.cc' and path.with_suffix('.h').exists()
        found += check_form(name, text, own_header)
        failures += [(path, line, what) for line, what in found]
        for line, what, fails in check_lengths(text):
            (failures if fails else warnings).append(
                (path, line, what if fails else 'warning: ' + what))
    report(warnings)
    return report(failures)


if __name__ == '__main__':
    sys.exit(main())
