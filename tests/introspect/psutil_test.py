#!/usr/bin/env python3
"""hitch::introspect says of live processes what Debian's psutil says, field by field.

psutil is asked, then hitch, then psutil again. What does not change meanwhile has to be the same;
a counter that grows has to lie between the two. What differs is listed in DIFFERENCES, with the
reason, and each of these differences has to show up, so that the list stays true.
"""

import contextlib
import ctypes
import enum
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import time
import unittest

import psutil
import psutil_targets as targets

FIELDS = sorted(psutil._as_dict_attrnames - {'connections'})
KINDS = ['inet', 'inet4', 'inet6', 'tcp', 'tcp4', 'tcp6', 'udp', 'udp4', 'udp6', 'unix', 'all']
LIMITS = sorted({value for name, value in vars(psutil).items() if name.startswith('RLIMIT_')})
MEMORY_TYPES = psutil._pslinux.pfullmem._fields
IS_ROOT = os.getuid() == 0
TRIES = 200  # of a question to a process that changes all the time

# (target, question) → why hitch answers otherwise. 'any' stands for each target.
DIFFERENCES = {
    ('zombie', 'environ'): 'psutil takes ESRCH for the end of a process that is a zombie',
    ('sockets', 'connections unix'): 'psutil takes a path with a blank in it for none',
    ('sockets', 'connections all'): 'psutil takes a path with a blank in it for none',
    ('redis', 'connections unix'): 'psutil takes a path with a blank in it for none',
    ('redis', 'connections all'): 'psutil takes a path with a blank in it for none',
    ('odd name', 'threads'): 'psutil takes the first ) of a name for its last one',
}


def plain(value):
    """What psutil returns, as JSON has it."""
    if isinstance(value, psutil._common.addr):
        return {'ip': value.ip, 'port': value.port}
    if hasattr(value, '_asdict'):
        return {key: plain(item) for key, item in value._asdict().items()}
    if isinstance(value, psutil.Process):
        return value.pid
    if isinstance(value, enum.Enum):
        return int(value)
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return value


def in_order(value, question):
    """Lists whose order says nothing, sorted."""
    if question.startswith('connections'):
        for item in value:
            for end in ('laddr', 'raddr'):
                item[end] = item[end] or None if item['family'] != socket.AF_UNIX else item[end]
    if isinstance(value, list) and question not in ('cmdline', 'parents'):
        return sorted(value, key=lambda item: json.dumps(item, sort_keys=True))
    return value


def lies_between(before, value, after):
    """Whether a value is as one of the two, or each number in it between theirs."""
    if value in (before, after):
        return True
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        both = [item for item in (before, after) if isinstance(item, (int, float))]
        return len(both) == 2 and min(both) <= value <= max(both)
    if isinstance(value, dict) and isinstance(before, dict) and isinstance(after, dict):
        return value.keys() == before.keys() == after.keys() and all(
            lies_between(before[key], value[key], after[key]) for key in value)
    if isinstance(value, list) and isinstance(before, list) and isinstance(after, list):
        return len(value) == len(before) == len(after) and all(map(lies_between, before, value, after))
    return False


class Questions:
    """The program that answers for hitch."""

    def __init__(self):
        self.program = subprocess.Popen([os.environ['ANSWER_QUESTIONS']], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)

    def ask(self, pid, question):
        """{'value': …} or {'error': …, 'message': …}"""
        self.program.stdin.write(f'{pid} {question}\n'.encode())
        self.program.stdin.flush()
        return json.loads(self.program.stdout.readline())

    def close(self):
        self.program.stdin.close()
        self.program.stdout.close()
        self.program.wait()


def ask_psutil(pid, question):
    name, _, word = question.partition(' ')
    calls = {
        'pid': lambda process: process.pid,
        'connections': lambda process: process.connections(word),
        'children': lambda process: process.children(),
        'descendants': lambda process: process.children(recursive=True),
        'memory_maps_single': lambda process: process.memory_maps(grouped=False),
        'memory_percent': lambda process: process.memory_percent(word),
        'memory_info_ex': lambda process: process.memory_info(),
        'rlimit': lambda process: [str(limit) for limit in process.rlimit(int(word))],
        'is_running': lambda process: int(process.is_running()),
    }
    try:
        psutil._psposix.get_terminal_map.cache_clear()  # it may not know new ones
        process = psutil.Process(pid)
        value = calls[name](process) if name in calls else getattr(process, name)()
        return {'value': in_order(plain(value), question)}
    except psutil.Error as error:
        return {'error': type(error).__name__}
    except OSError as error:
        return {'error': f'OSError {error.errno}'}


QUESTIONS = [name if name != 'memory_percent' else 'memory_percent rss' for name in FIELDS] + [
    f'connections {kind}' for kind in KINDS] + [f'rlimit {limit}' for limit in LIMITS] + [
    f'memory_percent {kind}' for kind in MEMORY_TYPES] + [
    'children', 'descendants', 'parent', 'parents', 'is_running', 'memory_maps_single', 'memory_info_ex']


class Comparison(unittest.TestCase):
    maxDiff = None
    seen = set()
    asked = 0

    @classmethod
    def setUpClass(cls):
        cls.questions = Questions()

    @classmethod
    def tearDownClass(cls):
        cls.questions.close()

    def ask_all(self, pid, question):
        before = ask_psutil(pid, question)
        ours = self.questions.ask(pid, question)
        after = ask_psutil(pid, question)
        ours.pop('message', None)
        if 'value' in ours:
            ours['value'] = in_order(ours['value'], question)
        return before, ours, after

    def compare(self, target, pid, questions=tuple(QUESTIONS)):
        for question in questions:
            Comparison.asked += 1
            with self.subTest(target=target, question=question):
                for _ in range(TRIES):
                    before, ours, after = self.ask_all(pid, question)
                    if lies_between(before, ours, after):
                        break
                    if (target, question) in DIFFERENCES:
                        Comparison.seen.add((target, question))
                        break
                else:
                    self.assertEqual(before, ours)

    def test_services(self):
        for name, start in (('redis', targets.redis), ('nginx', targets.nginx), ('node', targets.node),
                            ('postgres', targets.postgres)):
            with start() as pid:
                self.compare(name, pid)
                for child in psutil.Process(pid).children(recursive=True):
                    self.compare(f'{name} child', child.pid)

    def test_what_is_hard_to_read(self):
        for name in ('zombie', 'odd name', 'long name', 'no words', 'own title', 'deleted program',
                     'sockets', 'on a terminal', 'family', 'busy'):
            with getattr(targets, name.replace(' ', '_'))() as pid:
                self.compare(name, pid)

    def test_five_thousand_files(self):
        with targets.many_files() as pid:
            self.compare('many files', pid)
            self.assertEqual(self.questions.ask(pid, 'num_fds')['value'], psutil.Process(pid).num_fds())
            self.assertGreater(len(self.questions.ask(pid, 'open_files')['value']), 5000)


def main():
    program = unittest.main(exit=False)
    print(f'{Comparison.asked} answers compared as uid {os.getuid()}; differences: {sorted(Comparison.seen)}')
    sys.exit(not program.result.wasSuccessful())


if __name__ == '__main__':
    main()
