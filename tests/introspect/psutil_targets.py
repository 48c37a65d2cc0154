"""Processes to look at: real services, and those that are hard to read."""

import contextlib
import fcntl
import glob
import json
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import termios
import time

USER = pwd.getpwnam('nobody').pw_uid  # for postgres, which does not run as root
DEADLINE = 60


def wait_until(holds, what):
    deadline = time.monotonic() + DEADLINE
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError(f'{what}: not within {DEADLINE} seconds')
        time.sleep(0.01)


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(('127.0.0.1', port)) == 0


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


@contextlib.contextmanager
def running(argv, **options):
    with subprocess.Popen(argv, stdin=subprocess.DEVNULL, **options) as process:
        try:
            yield process
        finally:
            process.kill()


def says_ready(process):
    """Waits for a line of a program that was started with a pipe as its standard output."""
    line = process.stdout.readline()
    if not line:
        raise AssertionError(f'{process.args} has ended')
    return line


@contextlib.contextmanager
def scratch():
    path = tempfile.mkdtemp(prefix='hitch-psutil-', dir='/tmp')
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def postgres():
    """With its children, which have titles of their own instead of a command line."""
    tools = sorted(glob.glob('/usr/lib/postgresql/*/bin'))[-1]
    as_user = {}
    if os.getuid() == 0:
        as_user = {'user': USER, 'group': USER, 'extra_groups': []}
    with scratch() as home:
        if as_user:
            os.chown(home, USER, USER)
        data, port = f'{home}/data', free_port()
        subprocess.run([f'{tools}/initdb', '-N', '-A', 'trust', '-U', 'test', data], check=True,
                       cwd=home, stdout=subprocess.DEVNULL, **as_user)
        argv = [f'{tools}/postgres', '-D', data, '-p', str(port), '-k', home, '-c', 'fsync=off']
        with running(argv, cwd=home, stderr=subprocess.DEVNULL, **as_user) as process:
            wait_until(lambda: listens(port), 'postgres listens')
            with socket.create_connection(('127.0.0.1', port)):
                yield process.pid
            process.send_signal(signal.SIGINT)
            process.wait(DEADLINE)


@contextlib.contextmanager
def redis():
    with scratch() as home:
        port = free_port()
        argv = ['redis-server', '--port', str(port), '--save', '', '--dir', home,
                '--unixsocket', f'{home}/a socket']
        with running(argv, stdout=subprocess.DEVNULL) as process:
            wait_until(lambda: listens(port), 'redis listens')
            clients = [socket.create_connection(('127.0.0.1', port)) for _ in range(5)]
            clients[0].sendall(b'PING\r\n')
            clients[0].recv(16)
            yield process.pid
            for client in clients:
                client.close()


@contextlib.contextmanager
def nginx():
    with scratch() as home:
        port = free_port()
        six = f' listen [::1]:{port};' if os.path.exists('/proc/net/if_inet6') else ''
        with open(f'{home}/nginx.conf', 'w', encoding='utf-8') as conf:
            conf.write(f'daemon off; pid {home}/pid; error_log {home}/error.log;'
                       f'events {{}} http {{ access_log off; server {{ listen 127.0.0.1:{port};'
                       f'{six} }} }}')
        argv = ['nginx', '-p', home, '-c', f'{home}/nginx.conf', '-e', f'{home}/error.log']
        with running(argv, stderr=subprocess.DEVNULL) as process:
            wait_until(lambda: listens(port), 'nginx listens')
            yield process.pid
            process.send_signal(signal.SIGTERM)
            process.wait(DEADLINE)


@contextlib.contextmanager
def node():
    """With its pool of threads."""
    code = ("require('http').createServer().listen(0, '127.0.0.1');"
            "require('dgram').createSocket('udp4').bind(0, '127.0.0.1', () => console.log('ready'))")
    with running(['node', '-e', code], stdout=subprocess.PIPE) as process:
        says_ready(process)
        yield process.pid


@contextlib.contextmanager
def zombie():
    pid = os.fork()
    if pid == 0:
        os._exit(7)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    yield pid
    os.waitpid(pid, 0)


def python_child(code, *words, **options):
    code = 'import ctypes, os, signal, socket, sys, threading\n' + code
    code += '\nprint("ready", flush=True)\nsignal.pause()'
    return running([sys.executable, '-c', code, *words], stdout=subprocess.PIPE, **options)


@contextlib.contextmanager
def odd_name(name=b'a b) R 1 (\n\xff'):
    """Blanks, parentheses, a newline and no UTF-8."""
    code = f'ctypes.CDLL(None).prctl(15, {name!r}, 0, 0, 0); sum(range(5000000))'
    with python_child(code) as process:  # it uses the processor, or all its times are 0
        says_ready(process)
        yield process.pid


@contextlib.contextmanager
def long_name():
    """Of which the kernel keeps 15 bytes."""
    with scratch() as home:
        shutil.copy('/bin/sleep', f'{home}/a-name-of-more-than-15-bytes')
        with running([f'{home}/a-name-of-more-than-15-bytes', '600']) as process:
            wait_until(lambda: os.readlink(f'/proc/{process.pid}/exe').startswith(home), 'exec')
            yield process.pid


@contextlib.contextmanager
def no_words():
    """An empty word is all of its command line."""
    with scratch() as home:
        with running([''], executable='/bin/cat', stdout=subprocess.DEVNULL,
                     cwd=home) as process:
            process.send_signal(signal.SIGSTOP)
            yield process.pid


@contextlib.contextmanager
def own_title():
    """Has overwritten its words, without a NUL at their end: what psutil takes for a title."""
    code = ('base = int(open("/proc/self/stat", "rb").read().rpartition(b")")[2].split()[45])\n'
            'end = int(open("/proc/self/stat", "rb").read().rpartition(b")")[2].split()[46])\n'
            'ctypes.memset(base, ord("x"), end - base)\n'
            'ctypes.memmove(base, b"title: of two", 13)')
    with python_child(code) as process:
        says_ready(process)
        yield process.pid


@contextlib.contextmanager
def many_files():
    with scratch() as home:
        code = ('import resource\n'
                'resource.setrlimit(resource.RLIMIT_NOFILE, (6000, 6000))\n'
                'files = [os.open(f"{sys.argv[1]}/{i % 50}", [os.O_RDONLY, os.O_WRONLY, os.O_RDWR,'
                ' os.O_WRONLY | os.O_APPEND, os.O_RDWR | os.O_APPEND][i % 5] | os.O_CREAT)'
                ' for i in range(5000)]\n'
                'os.lseek(files[7], 123456789012, os.SEEK_SET)\n'
                'gone = open(f"{sys.argv[1]}/gone", "w"); os.unlink(gone.name)\n'
                'odd = open(f"{sys.argv[1]}/odd (deleted)", "w")\n'
                'link = open(f"{sys.argv[1]}/link", "w")\n'
                'os.link(link.name, link.name + "2"); os.unlink(link.name)')
        with python_child(code, home) as process:
            says_ready(process)
            yield process.pid


@contextlib.contextmanager
def deleted_program():
    with scratch() as home:
        shutil.copy('/bin/sleep', f'{home}/program')
        with running([f'{home}/program', '600'], cwd=home) as process:
            wait_until(lambda: os.readlink(f'/proc/{process.pid}/exe').startswith(home), 'exec')
            os.unlink(f'{home}/program')
            yield process.pid


# In argv[1], a directory.
SOCKETS = '''
home = sys.argv[1]
kept = []
def new(*words):
    kept.append(socket.socket(*words))
    return kept[-1]
def pair(family, host):
    server = new(family, socket.SOCK_STREAM); server.bind((host, 0)); server.listen()
    client = new(family, socket.SOCK_STREAM); client.connect(server.getsockname()[:2])
    accepted = server.accept()[0]; kept.append(accepted)
    return client, accepted
pair(socket.AF_INET, "127.0.0.1")
try:
    pair(socket.AF_INET6, "::1")
except OSError:
    socket.AF_INET6 = None  # none on this machine
pair(socket.AF_INET, "127.0.0.1")[0].shutdown(socket.SHUT_WR)  # FIN_WAIT2, CLOSE_WAIT
new(socket.AF_INET, socket.SOCK_STREAM)                        # not bound
new(socket.AF_INET, socket.SOCK_STREAM).bind(("127.0.0.1", 0))  # not listening
if socket.AF_INET6:
    mapped = new(socket.AF_INET6, socket.SOCK_STREAM); mapped.bind(("::", 0)); mapped.listen()
    to_mapped = new(socket.AF_INET, socket.SOCK_STREAM)
    to_mapped.connect(("127.0.0.1", mapped.getsockname()[1])); kept.append(mapped.accept()[0])
for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
    if not family: continue
    udp = new(family, socket.SOCK_DGRAM); udp.bind((host, 0))
    connected = new(family, socket.SOCK_DGRAM); connected.connect(udp.getsockname()[:2])
new(socket.AF_INET, socket.SOCK_DGRAM)
for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_SEQPACKET):
    named = new(socket.AF_UNIX, kind); named.bind(f"{home}/{int(kind)}")
    new(socket.AF_UNIX, kind).bind(f"\\0abstract-{os.getpid()}-{int(kind)}")
    kept.extend(socket.socketpair(socket.AF_UNIX, kind))
kept.append(kept[0].dup()); kept.append(kept[-2].dup())  # two descriptors of one socket
new(socket.AF_UNIX, socket.SOCK_STREAM).bind(f"{home}/a b")
'''


@contextlib.contextmanager
def sockets():
    """Of all kinds and in many states."""
    with scratch() as home, python_child(SOCKETS, home) as process:
        says_ready(process)
        yield process.pid


@contextlib.contextmanager
def own_network():
    """A process in a network of its own, and what psutil says of it from the inside."""
    # Whoever makes the namespace has loopback down: it is up after an ioctl (SIOCSIFFLAGS).
    loopback = ('import fcntl, struct\n'
                'with socket.socket() as s: fcntl.ioctl(s, 0x8914, struct.pack("16sh", b"lo", 1))\n')
    kinds = ('inet', 'inet4', 'inet6', 'tcp', 'tcp4', 'tcp6', 'udp', 'udp4', 'udp6', 'unix', 'all')
    tell = ('import json, psutil\n'
            'def end(a): return a._asdict() if hasattr(a, "_asdict") else a\n'
            'def row(c): return dict(c._asdict(), laddr=end(c.laddr), raddr=end(c.raddr))\n'
            f'print(json.dumps({{k: [row(c) for c in psutil.Process().connections(k)] for k in {kinds}}}))')
    code = 'import os, signal, socket, sys\n' + loopback + SOCKETS.replace('/a b', '/b') + tell
    argv = [*other_namespaces(), '/usr/bin/python3', '-c', code + '\nsys.stdout.flush(); signal.pause()']
    with scratch() as home:
        with running([*argv, home], stdout=subprocess.PIPE) as process:
            yield process.pid, json.loads(says_ready(process))


def have_terminal():
    """For a child: makes its standard input its controlling terminal."""
    os.setsid()
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


@contextlib.contextmanager
def on_a_terminal():
    """Stopped."""
    leader, follower = os.openpty()
    with subprocess.Popen(['sleep', '600'], stdin=follower, preexec_fn=have_terminal) as process:
        try:
            process.send_signal(signal.SIGSTOP)
            yield process.pid
        finally:
            process.kill()
            os.close(leader)
            os.close(follower)


@contextlib.contextmanager
def family():
    """Children, grandchildren, and a zombie among them."""
    code = '''
for _ in range(3):
    if os.fork() == 0:
        for _ in range(2):
            if os.fork() == 0: signal.pause()
        signal.pause()
if os.fork() == 0: os._exit(0)
'''
    with python_child(code, start_new_session=True) as process:
        says_ready(process)
        wait_until(lambda: len(descendants(process.pid)) == 10, 'ten descendants')
        try:
            yield process.pid
        finally:
            os.killpg(process.pid, signal.SIGKILL)


def descendants(pid):
    found = []
    for name in glob.glob(f'/proc/{pid}/task/*/children'):
        with contextlib.suppress(OSError), open(name, encoding='ascii') as children:
            for child in map(int, children.read().split()):
                found += [child, *descendants(child)]
    return found


@contextlib.contextmanager
def busy():
    """Whose numbers change all the time."""
    with running([sys.executable, '-c', 'import os\nwhile True: os.stat("/")']) as process:
        yield process.pid


def other_namespaces():
    """Arguments of unshare(1) for a network of its own."""
    return ['unshare', '--net', *([] if os.getuid() == 0 else ['--user', '--map-root-user'])]


def is_refused(argv):
    """Whether this machine does not allow what such a command does. Not where namespaces are required."""
    if 'HITCH_REQUIRE_NAMESPACES' in os.environ:
        return False
    return subprocess.run(argv, capture_output=True, check=False).returncode != 0


def kernel_thread():
    """pid of a thread of the kernel, or None."""
    for pid in (2, *range(3, 40)):
        with contextlib.suppress(OSError), open(f'/proc/{pid}/status', encoding='utf-8') as status:
            if 'Kthread:\t1' in status.read():
                return pid
    return None
