#!/usr/bin/env python3
"""Makes an OCI image layout of a description, which may be as bad as it likes: make_image.py SPEC

SPEC is JSON: {"layout", "tag", "config", "layers", "damage"}. A layer is {"compression", "entries"};
an entry is one of
  {"dir": PATH, "mode": 493}          {"file": PATH, "text": "…", "mode": 420, "size": N}
  {"link": PATH, "to": TARGET}        {"hard": PATH, "to": TARGET}
  {"device": PATH}  {"fifo": PATH}    {"copy": PATH, "of": FILE}
  {"programs": [PATH…]}               the programs of this machine and the libraries they need
What is added to a layout that is there is one more image of it. Nothing but Python and zstd is used,
so that what no proper tool would make can be made.
"""

import gzip
import hashlib
import io
import json
import os
import pathlib
import platform
import re
import subprocess
import sys
import tarfile

HERE = {'x86_64': 'amd64', 'aarch64': 'arm64'}.get(platform.machine(), platform.machine())
MEDIA = 'application/vnd.oci.image.'


def closure(programs):
    """The files of programs of this machine, as (path, file)."""
    found = {}
    for program in programs:
        listed = subprocess.run(['ldd', program], capture_output=True, text=True).stdout
        for path in [program] + re.findall(r'(/\S+) \(0x', listed):
            found[path] = os.path.realpath(path)
    return sorted(found.items())


def add_file(archive, path, data, mode=0o644, size=None):
    info = tarfile.TarInfo(path)
    info.mode, info.mtime = mode, 1436611018
    info.size = len(data)
    if size is None:
        archive.addfile(info, io.BytesIO(data))
        return
    info.size = size  # which is not true
    archive.fileobj.write(info.tobuf(tarfile.PAX_FORMAT))


def add_special(archive, path, kind, link='', mode=0o755):
    info = tarfile.TarInfo(path)
    info.type, info.linkname, info.mode, info.mtime = kind, link, mode, 1436611018
    archive.addfile(info)


def add(archive, entry):
    mode = entry.get('mode', 0o755)
    if 'dir' in entry:
        add_special(archive, entry['dir'], tarfile.DIRTYPE, mode=mode)
    elif 'file' in entry:
        add_file(archive, entry['file'], entry.get('text', '').encode(), entry.get('mode', 0o644),
                 entry.get('size'))
    elif 'copy' in entry:
        data = pathlib.Path(entry['of']).read_bytes()
        add_file(archive, entry['copy'], data, mode)
    elif 'programs' in entry:
        for path, real in closure(entry['programs']):
            add_file(archive, path.lstrip('/'), pathlib.Path(real).read_bytes(), 0o755)
    else:
        kinds = {'link': tarfile.SYMTYPE, 'hard': tarfile.LNKTYPE, 'device': tarfile.CHRTYPE,
                 'fifo': tarfile.FIFOTYPE}
        kind = next(iter(kinds.keys() & entry.keys()))
        add_special(archive, entry[kind], kinds[kind], entry.get('to', ''), mode)


def compress(data, how):
    if how == 'gzip':
        return gzip.compress(data, 6, mtime=0)
    if how == 'zstd':
        return subprocess.run(['zstd', '-q', '-c'], input=data, capture_output=True,
                              check=True).stdout
    return data


class Layout:
    def __init__(self, path):
        self.path = pathlib.Path(path)
        (self.path / 'blobs/sha256').mkdir(parents=True, exist_ok=True)
        (self.path / 'oci-layout').write_text('{"imageLayoutVersion": "1.0.0"}')

    def put(self, data, media):
        digest = hashlib.sha256(data).hexdigest()
        (self.path / 'blobs/sha256' / digest).write_bytes(data)
        return {'mediaType': MEDIA + media, 'digest': 'sha256:' + digest, 'size': len(data)}

    def put_json(self, value, media):
        return self.put(json.dumps(value).encode(), media)

    def add_to_index(self, descriptor):
        index = self.path / 'index.json'
        there = json.loads(index.read_text()) if index.exists() else {'schemaVersion': 2,
                                                                      'manifests': []}
        there['manifests'].append(descriptor)
        index.write_text(json.dumps(there))


def put_layer(layout, layer):
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode='w', format=tarfile.PAX_FORMAT) as archive:
        for entry in layer['entries']:
            add(archive, entry)
    data = packed.getvalue() + b'\0' * layer.get('zeros', 0)
    diff_id = 'sha256:' + hashlib.sha256(data).hexdigest()
    how = layer.get('compression', 'none')
    media = 'layer.v1.tar' + ('' if how == 'none' else '+' + how)
    return layout.put(compress(data, how), media), diff_id


def main(spec):
    layout = Layout(spec['layout'])
    layers = [put_layer(layout, layer) for layer in spec['layers']]
    diff_ids = [diff_id for _, diff_id in layers]
    if spec.get('damage') == 'diff_id':
        diff_ids[-1] = 'sha256:' + '0' * 64
    config = {'architecture': spec.get('architecture', HERE), 'os': 'linux',
              'config': spec.get('config', {}), 'rootfs': {'type': 'layers', 'diff_ids': diff_ids}}
    manifest = {'schemaVersion': 2, 'mediaType': MEDIA + 'manifest.v1+json',
                'config': layout.put_json(config, 'config.v1+json'),
                'layers': [descriptor for descriptor, _ in layers]}
    described = layout.put_json(manifest, 'manifest.v1+json')
    if spec.get('index'):
        described['platform'] = {'os': 'linux', 'architecture': HERE}
        other = {**described, 'platform': {'os': 'linux', 'architecture': 's390x'}}
        described = layout.put_json({'schemaVersion': 2, 'manifests': [other, described]},
                                    'index.v1+json')
    described['annotations'] = {'org.opencontainers.image.ref.name': spec['tag']}
    layout.add_to_index(described)
    damaged = spec.get('damage')
    if damaged in ('layer', 'config'):
        which = layers[-1][0] if damaged == 'layer' else manifest['config']
        blob = layout.path / 'blobs/sha256' / which['digest'].split(':')[1]
        data = bytearray(blob.read_bytes())
        data[len(data) // 2] ^= 1
        blob.write_bytes(data)


if __name__ == '__main__':
    main(json.loads(sys.argv[1]))
