#!/usr/bin/env python3
"""At which level of isolation bundles run where other software has taken rights away.

Called by ctest with HITCH_BINARY. Needs root and crun: a container is made for each environment.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from container import ALL_CAPABILITIES, DOCKER_CAPABILITIES, PODMAN_CAPABILITIES, Container

SKIPPED = 77
BUNDLE = '''
name: pair
services:
  Web:
    command: [python3, -u, -m, http.server, "8000", --bind, 127.0.0.1]
    working_dir: .
    ready: {listen: 8000}
  Watch:
    shell: "echo looking; exec sleep 1000"
    ready: looking
    depends_on: [Web]
'''
SHOP = '''
name: shop
clock: {start: "2015-07-11T10:36:58Z"}
services:
  Db: {recipe: postgres, with: {database: shop}}
  Cache: {recipe: redis}
  Web:
    command: [python3, -u, -m, http.server, "8000"]
    ready: {http: 8000}
    depends_on: [Db, Cache]
'''
ASK_ALL = '''
date +%Y; psql -h Db -U postgres -Atc "select extract(year from now())" shop; redis-cli -h Cache ping
python3 -c "import urllib.request as u; print(u.urlopen('http://Web:8000/greeting').read().decode())"
'''
# Where a bundle has no names of its own.
ASK_ALL_HERE = ASK_ALL.replace('-h Db', '-h 127.0.0.1').replace('-h Cache', '-h 127.0.0.1').replace('Web:', '127.0.0.1:')
FETCH = ('import urllib.request; '
         'print(urllib.request.urlopen("http://127.0.0.1:8000/greeting").read().decode())')

PRIVILEGED = Container(ALL_CAPABILITIES, covers_proc=False)


# What doctor misses at each level. No runtime here gives its containers control groups.
GROUPS = {'memory-limit', 'cpus-limit', 'pids-limit', 'freezer'}
MISSING = {
    'full': GROUPS,
    'shared-proc': GROUPS | {'fresh-proc'},
    'real-root': GROUPS | {'user-namespace'},
    'process': GROUPS | {'user-namespace', 'pid-namespace', 'mount-api', 'fresh-proc', 'network-namespace',
                         'ipc-uts-cgroup-namespaces', 'time-namespace', 'overlay'}}

# A chroot whose root is no mount point.
CHROOT = """
mkdir /tmp/c && cd /tmp/c && mkdir usr etc var proc sys dev tmp run srv opt root
for part in usr etc var proc sys dev run srv opt; do mount --rbind /$part $part; done
for link in bin sbin lib lib64; do ln -s usr/$link $link; done
exec chroot /tmp/c sh -c 'cd /srv && exec "$@"' sh "$@"
"""
WITHOUT_USERS = 'echo 0 >/proc/sys/user/max_user_namespaces && exec "$@"'
NOT_EVEN_ROOT = WITHOUT_USERS.replace('exec', 'exec setpriv --reuid 1000 --clear-groups')


def prefix_of(binary):
    """Where hitch is installed, or built."""
    return Path(binary).resolve().parent.parent


class Matrix(unittest.TestCase):
    """One environment a test."""

    @classmethod
    def setUpClass(cls):
        cls.place = tempfile.mkdtemp(prefix='matrix-')
        os.chmod(cls.place, 0o755)
        prefix = prefix_of(os.environ['HITCH_BINARY'])
        for part in ('libexec', 'lib', 'share'):
            if (prefix / part).is_dir():
                shutil.copytree(prefix / part, f'{cls.place}/hitch/{part}')
        os.makedirs(f'{cls.place}/hitch/bin')
        shutil.copy(os.environ['HITCH_BINARY'], f'{cls.place}/hitch/bin/hitch')
        subprocess.run(['chmod', '-R', 'a+rX', f'{cls.place}/hitch'], check=True)

    @classmethod
    def tearDownClass(cls):
        shutil.rmtree(cls.place)

    def setUp(self):
        self.bundle = tempfile.mkdtemp(dir=self.place)
        os.chmod(self.bundle, 0o755)
        Path(self.bundle, 'hitch.yaml').write_text(BUNDLE, encoding='ascii')
        Path(self.bundle, 'greeting').write_text('hello', encoding='ascii')

    def hitch(self, container, *arguments, around='exec "$@"'):
        """Runs hitch in a container, by a shell script that calls it as "$@"."""
        os.chown(self.bundle, container.uid, container.uid)
        mounts = {'/opt': (f'{self.place}/hitch', 'ro'), '/srv': (self.bundle, 'rw')}
        return container.run(['sh', '-c', around, 'sh', '/opt/bin/hitch', *arguments], mounts)

    def assert_runs(self, container, level, *, why='', **how):
        """A bundle runs at this level, says so once if that is not the full one, and doctor knew."""
        result = self.hitch(container, 'run', '--', 'python3', '-c', FETCH, **how)
        shown = result.stdout + result.stderr
        self.assertEqual(result.returncode, 0, shown)
        self.assertEqual(result.stdout, 'hello\n', shown)
        notices = [line for line in result.stderr.splitlines() if 'isolation is' in line]
        expected = [] if level == 'full' else [f"isolation is '{level}', not 'full'"]
        self.assertEqual([text for line in notices for text in expected if text in line], expected, shown)
        self.assertEqual(len(notices), len(expected), shown)
        for line in notices:
            self.assertIn(why, line)
        self.assert_doctor_says(container, level, **how)
        self.assert_more_can_be_required(container, level, **how)

    def assert_doctor_says(self, container, level, **how):
        result = self.hitch(container, '--format', 'json', 'doctor', **how)
        self.assertEqual(result.returncode, 0, result.stdout + result.stderr)
        *features, whole = map(json.loads, result.stdout.splitlines())
        self.assertEqual(whole['isolation'], level, result.stdout)
        missing = [row for row in features if not row['works']]
        self.assertEqual({row['feature'] for row in missing}, MISSING[level], result.stdout)
        self.assertTrue(all(row['why'] for row in missing), result.stdout)

    def assert_more_can_be_required(self, container, level, **how):
        result = self.hitch(container, 'run', '-q', '--require-isolation', 'full', '--', 'true', **how)
        if level == 'full':
            self.assertEqual((result.returncode, result.stderr), (0, ''))
            return
        self.assertEqual(result.returncode, 125, result.stderr)
        self.assertRegex(result.stderr.splitlines()[-1],
                         f"isolation 'full' is required, and this machine gives '{level}': .*require_isolation")

    def assert_shop_works(self, container, level, *, questions=ASK_ALL, **how):
        """A database, a cache and a web server, with a clock of their own."""
        Path(self.bundle, 'hitch.yaml').write_text(SHOP, encoding='ascii')
        result = self.hitch(container, 'run', '--require-isolation', level, '--', 'sh', '-c', questions, **how)
        self.assertEqual((result.returncode, result.stdout), (0, '2015\n2015\nPONG\nhello\n'), result.stderr)
        self.assertIn(f"isolation is '{level}'", result.stderr)

    def test_shop_in_podman(self):
        self.assert_shop_works(Container(PODMAN_CAPABILITIES, 'podman_default'), 'shared-proc')

    def test_shop_in_kubernetes_without_a_profile(self):
        self.assert_shop_works(Container([], uid=1000, no_new_privileges=True), 'shared-proc')

    def test_shop_of_root_where_user_namespaces_are_switched_off(self):
        container = Container(ALL_CAPABILITIES, covers_proc=False, own_users=True)
        self.assert_shop_works(container, 'real-root', around=WITHOUT_USERS)

    def test_shop_of_root_in_a_chroot(self):
        self.assert_shop_works(PRIVILEGED, 'real-root', around=CHROOT)

    def test_docker_without_a_profile(self):
        self.assert_runs(Container(DOCKER_CAPABILITIES), 'shared-proc', why='mount a fresh proc')

    def test_docker_without_a_profile_and_with_all_of_proc(self):
        self.assert_runs(Container(DOCKER_CAPABILITIES, covers_proc=False), 'full')

    def test_docker_privileged(self):
        self.assert_runs(PRIVILEGED, 'full')

    def test_docker(self):
        self.assert_runs(
            Container(DOCKER_CAPABILITIES, 'docker_default'), 'process',
            why='Operation not permitted, and root cannot do without here: it lacks cap_sys_admin, '
                'cap_net_admin, cap_sys_ptrace')

    def test_docker_as_a_user(self):
        self.assert_runs(Container(DOCKER_CAPABILITIES, 'docker_default', uid=1000), 'process',
                         why='create namespaces: Operation not permitted')

    def test_kubernetes_restricted(self):
        container = Container([], 'docker_default', uid=1000, no_new_privileges=True)
        self.assert_runs(container, 'process', why='create namespaces: Operation not permitted')

    def test_root_without_any_rights(self):
        container = Container([], 'docker_default', no_new_privileges=True)
        self.assert_runs(container, 'process', why='create namespaces: Operation not permitted')

    def test_user_where_user_namespaces_are_switched_off(self):
        container = Container(ALL_CAPABILITIES, covers_proc=False, own_users=True)
        self.assert_runs(container, 'process', why='create namespaces: No space left', around=NOT_EVEN_ROOT)

    def test_shop_in_docker(self):
        self.assert_shop_works(Container(DOCKER_CAPABILITIES, 'docker_default'), 'process',
                               questions=ASK_ALL_HERE)

    def test_shop_in_docker_as_a_user(self):
        self.assert_shop_works(Container(DOCKER_CAPABILITIES, 'docker_default', uid=1000), 'process',
                               questions=ASK_ALL_HERE)

    def test_shop_in_kubernetes_restricted(self):
        container = Container([], 'docker_default', uid=1000, no_new_privileges=True)
        self.assert_shop_works(container, 'process', questions=ASK_ALL_HERE)

    def test_docker_with_the_rights_to_administer(self):
        container = Container(DOCKER_CAPABILITIES + ['CAP_SYS_ADMIN'], 'docker_default')
        self.assert_runs(container, 'shared-proc')

    def test_root_where_user_namespaces_are_switched_off(self):
        container = Container(ALL_CAPABILITIES, covers_proc=False, own_users=True)
        self.assert_runs(container, 'real-root', why='create namespaces: No space left', around=WITHOUT_USERS)

    def test_root_in_a_chroot(self):
        limit = Path('/proc/sys/user/max_user_namespaces')
        before = limit.read_text(encoding='ascii')
        self.assert_runs(PRIVILEGED, 'real-root', why='create namespaces: Operation not', around=CHROOT)
        self.assertEqual(limit.read_text(encoding='ascii'), before, 'a setting of the machine')

    def test_podman(self):
        self.assert_runs(Container(PODMAN_CAPABILITIES, 'podman_default'), 'shared-proc')

    def test_kubernetes_without_a_profile(self):
        container = Container([], uid=1000, no_new_privileges=True)
        self.assert_runs(container, 'shared-proc')

    def test_user_without_rights(self):
        self.assert_runs(Container([], covers_proc=False, uid=1000), 'full')


def why_no_containers():
    """Nothing, if a container can be made here."""
    if os.geteuid() != 0:
        return 'containers are made by root here'
    if shutil.which('crun') is None:
        return 'there is no crun'
    result = PRIVILEGED.run(['true'], {})
    return '' if result.returncode == 0 else f'crun makes no container: {result.stderr.strip()}'


if __name__ == '__main__':
    problem = why_no_containers()
    if problem:
        print(f'skipped: {problem}')
        sys.exit(SKIPPED if os.geteuid() != 0 or 'HITCH_REQUIRE_NAMESPACES' not in os.environ else 1)
    unittest.main()
