#!/usr/bin/env python3
"""hitch::introspect says of live processes what Debian's psutil says, field by field.

psutil is asked, then hitch, then psutil again. What does not change meanwhile has to be the same;
a counter that grows has to lie between the two. What differs is listed in DIFFERENCES, with the
reason, and each of these differences has to show up, so that the list stays true.
"""

import enum
import errno
import functools
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import unittest

import psutil
import psutil_targets as targets

FIELDS = sorted(psutil._as_dict_attrnames - {'connections'})
KINDS = ['inet', 'inet4', 'inet6', 'tcp', 'tcp4', 'tcp6', 'udp', 'udp4', 'udp6', 'unix', 'all']
LIMITS = sorted({value for name, value in vars(psutil).items() if name.startswith('RLIMIT_')})
MEMORY_TYPES = psutil._pslinux.pfullmem._fields
IS_ROOT = os.getuid() == 0
TRIES = 200  # of a question to a process that changes all the time

# (target, question) → (who sees it, why hitch answers otherwise)
BLANK = ('both', 'psutil takes the path of a socket with a blank in it for none')
KERNEL = ('both', 'psutil takes ESRCH for the end of the process; a thread of the kernel has no memory')
DIFFERENCES = {
    ('sockets', 'connections unix'): BLANK,
    ('sockets', 'connections all'): BLANK,
    ('redis', 'connections unix'): BLANK,
    ('redis', 'connections all'): BLANK,
    ('odd name', 'threads'): ('both', 'psutil takes the first ) of a name for its last one'),
    ('zombie', 'environ'): ('root', 'psutil takes ESRCH for the end of a process that is a zombie'),
    ('kernel thread', 'environ'): ('root', KERNEL[1]),
    ('kernel thread', 'memory_full_info'): KERNEL,
    ('kernel thread', 'memory_percent uss'): KERNEL,
    ('kernel thread', 'memory_percent pss'): KERNEL,
    ('kernel thread', 'memory_percent swap'): KERNEL,
    ('first', 'num_fds'): ('user', 'psutil lists them, which is refused; the kernel counts for everybody'),
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
    numbers = [int(number) for number in word.split(',') if number.lstrip('-').isdigit()]
    calls = {
        'pid': lambda process: process.pid,
        'set_nice': lambda process: process.nice(numbers[0]),
        'set_ionice': lambda process: process.ionice(*numbers),
        'set_cpu_affinity': lambda process: process.cpu_affinity(numbers),
        'set_rlimit': lambda process: process.rlimit(numbers[0], tuple(numbers[1:])),
        'send_signal': lambda process: process.send_signal(numbers[0]),
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
    except ValueError:
        return {'error': 'InvalidArgument'}
    except OSError as error:
        return {'error': 'InvalidArgument' if error.errno == errno.EINVAL else f'OSError {error.errno}'}


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

    def test_processes_of_others(self):
        """What may be seen of them, and psutil's errors for the rest."""
        self.compare('first', 1)
        thread = targets.kernel_thread()
        if thread:
            self.compare('kernel thread', thread)

    def test_who_is_not_there(self):
        with targets.zombie() as pid:
            pass
        for question in ('name', 'cpu_times', 'children', 'set_nice 1', 'kill', 'wait 1'):
            self.assertEqual(self.questions.ask(pid, question)['error'], 'NoSuchProcess', question)
        self.assertEqual(self.questions.ask(pid, 'name')['message'],
                         f'process {pid}: open its directory in /proc: there is no such process')

    def test_what_is_hidden_is_not_gone(self):
        """A /proc that shows nobody what is not his own: hidepid in proc(5)."""
        if not IS_ROOT:
            self.skipTest('only root can mount such a /proc')
        alone = ['unshare', '--mount', '--propagation', 'private']
        if targets.is_refused([*alone, 'mount', '-t', 'proc', 'proc', '/proc']):
            self.skipTest('no mount namespaces here')
        script = (f'mount -t proc -o hidepid=2 proc /proc && printf "1 name\\n999999999 name\\n" |'
                  f' setpriv --reuid {targets.USER} --regid {targets.USER} --clear-groups'
                  f' --inh-caps=-all {os.environ["ANSWER_QUESTIONS"]}')
        answered = subprocess.run([*alone, 'sh', '-c', script], capture_output=True, check=True)
        self.assertEqual([json.loads(answer)['error'] for answer in answered.stdout.splitlines()],
                         ['AccessDenied', 'NoSuchProcess'])

    def test_as_dict_is_all_of_it(self):
        with targets.redis() as pid:
            self.assertEqual(self.questions.ask(pid, 'as_dict').keys(), set(psutil._as_dict_attrnames))

    def test_a_network_of_its_own(self):
        """psutil can tell from the inside alone: from outside it reads the tables of its own network."""
        if targets.is_refused([*targets.other_namespaces(), 'true']):
            self.skipTest('no network namespaces here')
        with targets.own_network() as (pid, inside):
            for kind in KINDS:
                question = f'connections {kind}'
                ours = in_order(self.questions.ask(pid, question)['value'], question)
                self.assertEqual(in_order(inside[kind], question), ours, kind)
            self.assertGreater(len(inside['inet']), 3)
            self.assertEqual(ask_psutil(pid, 'connections inet')['value'], [])

    def test_one_that_ends_while_it_is_read(self):
        whole, gone = 0, 0
        for _ in range(300):
            pid = os.posix_spawn('/bin/true', ['true'], {}, file_actions=[
                (os.POSIX_SPAWN_OPEN, 1, '/dev/null', os.O_WRONLY, 0)])
            reaper = threading.Thread(target=os.waitpid, args=(pid, 0))
            reaper.start()
            while gone + whole < 100000:
                answer = self.questions.ask(pid, 'as_dict')
                if 'error' in answer:
                    self.assertEqual(answer['error'], 'NoSuchProcess', answer)
                    gone += 1
                    break
                self.assertEqual((answer['pid'], answer['ppid']), (pid, os.getpid()))
                whole += 1
            reaper.join()
        self.assertEqual(gone, 300)
        self.assertGreater(whole, 0)

    def test_what_can_be_changed(self):
        """Each change is made by hitch and seen by psutil; what is refused is refused by both."""
        with targets.running(['sleep', '600']) as process:
            seen = psutil.Process(process.pid)
            slower = min(os.nice(0) + 7, 19)  # than this test, which may be run with nice itself
            for change, attribute, expected in (
                    (f'set_nice {slower}', 'nice', slower), ('set_ionice 2,6', 'ionice', (2, 6)),
                    ('set_ionice 3,0', 'ionice', (3, 0)),
                    ('set_cpu_affinity 0', 'cpu_affinity', [0]),
                    ('set_cpu_affinity', 'cpu_affinity', sorted(os.sched_getaffinity(0)))):
                self.assertEqual(self.questions.ask(process.pid, change), {'value': None}, change)
                self.assertEqual(getattr(seen, attribute)(), expected, change)
            self.assertEqual(self.questions.ask(process.pid, f'set_rlimit {psutil.RLIMIT_NOFILE},100,200'),
                             {'value': None})
            self.assertEqual(seen.rlimit(psutil.RLIMIT_NOFILE), (100, 200))
            for change in ('set_nice -5', 'set_ionice 3,1', 'set_ionice 2,8', 'set_cpu_affinity 4000',
                           f'set_rlimit {psutil.RLIMIT_NOFILE},300,200', 'set_rlimit 99,1,1', 'rlimit 99'):
                self.assertEqual(ask_psutil(process.pid, change).get('error'),
                                 self.questions.ask(process.pid, change).get('error'), change)
        if not IS_ROOT:
            for change in ('set_nice 1', 'set_ionice 2,1', 'set_cpu_affinity 0', 'send_signal 0', 'kill',
                           f'set_rlimit {psutil.RLIMIT_NOFILE},1,1'):
                self.assertEqual(self.questions.ask(1, change)['error'], 'AccessDenied', change)

    def test_signals_and_the_end(self):
        with targets.running(['sleep', '600']) as process:
            ask = functools.partial(self.questions.ask, process.pid)
            ask('suspend')
            targets.wait_until(lambda: psutil.Process(process.pid).status() == 'stopped', 'suspended')
            ask('resume')
            targets.wait_until(lambda: psutil.Process(process.pid).status() == 'sleeping', 'resumed')
            self.assertEqual(ask('wait 0.01')['error'], 'TimeoutExpired')
            self.assertEqual(ask('send_signal 0'), {'value': None})
            self.assertEqual(ask('terminate'), {'value': None})
            self.assertEqual(ask('wait 60'), {'value': None})  # no child of the one who asks
            self.assertEqual(ask('kill'), {'value': None})     # a zombie takes signals
            self.assertEqual(ask('is_running'), {'value': 1})
            self.assertEqual(process.wait(), -signal.SIGTERM)
            self.assertEqual(ask('kill')['error'], 'NoSuchProcess')


class ZDifferences(unittest.TestCase):
    """Runs last: unittest goes by the names."""

    def test_all_that_are_listed_have_shown_up(self):
        who = 'root' if IS_ROOT else 'user'
        listed = {key for key, (whom, _) in DIFFERENCES.items() if whom in (who, 'both')}
        if targets.kernel_thread() is None:
            listed = {key for key in listed if key[0] != 'kernel thread'}
        # Since Linux 6.2; in a container the first process may be one's own.
        counted = os.stat('/proc/self/fd').st_size > 0 and not os.access('/proc/1/fd', os.R_OK)
        listed = {key for key in listed if counted or key[1] != 'num_fds'}
        self.assertEqual(listed, Comparison.seen)


def main():
    program = unittest.main(exit=False)
    print(f'{Comparison.asked} answers compared as uid {os.getuid()}; differences: {sorted(Comparison.seen)}')
    sys.exit(not program.result.wasSuccessful())


if __name__ == '__main__':
    main()
