"""Containers as docker, podman and Kubernetes make them, from OCI configurations of our own.

The root file system is the machine's, read-only. What a runtime adds to that (capabilities, a seccomp
profile, covered paths in /proc, ids) is what decides which namespaces hitch gets in there.
"""

import json
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
# In the order of their numbers. capabilities(7)
ALL_CAPABILITIES = [f'CAP_{name}' for name in (
    'CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE '
    'NET_BIND_SERVICE NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT '
    'SYS_PTRACE SYS_PACCT SYS_ADMIN SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE '
    'AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ '
    'PERFMON BPF CHECKPOINT_RESTORE').split()]
PODMAN_CAPABILITIES = [f'CAP_{name}' for name in (
    'CHOWN DAC_OVERRIDE FOWNER FSETID KILL NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID SYS_CHROOT').split()]
DOCKER_CAPABILITIES = PODMAN_CAPABILITIES + ['CAP_AUDIT_WRITE', 'CAP_MKNOD', 'CAP_NET_RAW']
MASKED = ['/proc/acpi', '/proc/kcore', '/proc/keys', '/proc/latency_stats', '/proc/timer_list',
          '/proc/timer_stats', '/proc/sched_debug', '/proc/scsi', '/sys/firmware']
READ_ONLY = ['/proc/bus', '/proc/fs', '/proc/irq', '/proc/sys', '/proc/sysrq-trigger']
CLONE_NAMESPACE_FLAGS = 0x7e020000
ENOSYS = 38
EPERM = 1


def own_capabilities(wanted):
    """Those of `wanted` that this process may hand on: root need not have all of them."""
    with open('/proc/self/status', encoding='ascii') as status:
        held = next(int(line.split()[1], 16) for line in status if line.startswith('CapBnd'))
    return [name for name in wanted if held >> ALL_CAPABILITIES.index(name) & 1]


def words(value):
    """The names in a list of lines, or in one line."""
    return ' '.join([value] if isinstance(value, str) else value).split()


def seccomp(profile, capabilities):
    """A profile of profiles/ as the OCI runtime specification has it."""
    data = json.loads((HERE / 'profiles' / f'{profile}.json').read_text(encoding='ascii'))
    allowed = set(words(data['allow']))
    for capability, names in data['allow_with_capability'].items():
        if capability in capabilities:
            allowed.update(words(names))
    rules = [{'names': sorted(allowed), 'action': 'SCMP_ACT_ALLOW'}]
    refused = set(words(data.get('refuse_with_eperm', []))) - allowed
    if refused:
        rules.append({'names': sorted(refused), 'action': 'SCMP_ACT_ERRNO', 'errnoRet': EPERM})
    for value in data.get('personality', []):
        rules.append({'names': ['personality'], 'action': 'SCMP_ACT_ALLOW',
                      'args': [{'index': 0, 'value': value, 'op': 'SCMP_CMP_EQ'}]})
    if data.get('clone_without_namespaces') and 'clone' not in allowed:
        rules.append({'names': ['clone'], 'action': 'SCMP_ACT_ALLOW',
                      'args': [{'index': 0, 'value': CLONE_NAMESPACE_FLAGS, 'valueTwo': 0,
                                'op': 'SCMP_CMP_MASKED_EQ'}]})
        rules.append({'names': ['clone3'], 'action': 'SCMP_ACT_ERRNO', 'errnoRet': ENOSYS})
    return {'defaultAction': 'SCMP_ACT_ERRNO', 'defaultErrnoRet': data['default_errno'],
            'architectures': ['SCMP_ARCH_X86_64'], 'syscalls': rules}


class Container:
    """How a runtime starts a program."""

    def __init__(self, capabilities, profile=None, covers_proc=True, uid=0, no_new_privileges=False,
                 own_users=False):
        # In a user namespace of its own a container has all that it wants.
        self.capabilities = capabilities if own_users else own_capabilities(capabilities)
        self.profile = profile
        self.covers_proc = covers_proc
        self.uid = uid
        self.no_new_privileges = no_new_privileges
        self.own_users = own_users

    def config(self, command, mounts):
        """config.json for a container that runs `command`; `mounts`: {destination: (source, option)}."""
        def tmpfs(destination, mode, *options):
            return {'destination': destination, 'type': 'tmpfs', 'source': 'tmpfs',
                    'options': ['nosuid', f'mode={mode}', *options]}
        namespaces = ['pid', 'mount', 'ipc', 'uts', 'network', 'cgroup']
        sets = {name: self.capabilities for name in ('bounding', 'effective', 'permitted')}
        if self.uid != 0:  # execve(2) leaves others without any
            sets = {'bounding': self.capabilities}
        linux = {'maskedPaths': MASKED if self.covers_proc else [],
                 'readonlyPaths': READ_ONLY if self.covers_proc else []}
        if self.own_users:
            namespaces.append('user')
            identity = [{'containerID': 0, 'hostID': 0, 'size': 65536}]
            linux.update(uidMappings=identity, gidMappings=identity)
        if self.profile:
            linux['seccomp'] = seccomp(self.profile, self.capabilities)
        linux['namespaces'] = [{'type': name} for name in namespaces]
        binds = [{'destination': destination, 'type': 'bind', 'source': source, 'options': ['bind', option]}
                 for destination, (source, option) in mounts.items()]
        return {
            'ociVersion': '1.0.2',
            'process': {'user': {'uid': self.uid, 'gid': self.uid}, 'args': command, 'cwd': '/srv',
                        'env': ['PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'HOME=/tmp'],
                        'capabilities': sets, 'noNewPrivileges': self.no_new_privileges},
            'root': {'path': 'rootfs', 'readonly': True},
            'hostname': 'container',
            'mounts': [
                {'destination': '/proc', 'type': 'proc', 'source': 'proc'},
                tmpfs('/dev', 755),
                {'destination': '/dev/pts', 'type': 'devpts', 'source': 'devpts',
                 'options': ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620']},
                tmpfs('/dev/shm', 1777, 'nodev', 'noexec'),
                {'destination': '/sys', 'type': 'sysfs', 'source': 'sysfs',
                 'options': ['nosuid', 'noexec', 'nodev', 'ro']},
                tmpfs('/tmp', 1777), tmpfs('/var/tmp', 1777), tmpfs('/run', 755), *binds],
            'linux': linux,
        }

    def run(self, command, mounts, patience=120):
        """Runs `command` to its end. @return as subprocess.run"""
        place = tempfile.mkdtemp(prefix='container-')
        try:
            os.mkdir(f'{place}/rootfs')
            config = json.dumps(self.config(command, mounts))
            Path(place, 'config.json').write_text(config, encoding='ascii')
            # The root alone, without the mounts on it: a /proc of the machine's below would tell the
            # kernel that the container may see one. crun takes no mixture of both versions of cgroups.
            script = ('mount --make-rprivate / && mount --bind / rootfs && '
                      '{ mount -t cgroup2 none /sys/fs/cgroup 2>/dev/null || :; } && '
                      'exec crun --root "$PWD/state" --cgroup-manager=disabled run --bundle "$PWD" "$0"')
            return subprocess.run(['unshare', '--mount', 'sh', '-c', script, Path(place).name], cwd=place,
                                  capture_output=True, text=True, timeout=patience, check=False,
                                  stdin=subprocess.DEVNULL)
        finally:
            shutil.rmtree(place, ignore_errors=True)
