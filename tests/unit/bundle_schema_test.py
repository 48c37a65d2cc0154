"""The JSON Schema for editors agrees with the parser about the same files.

Files in good/ and bad/semantic/ are valid: what is wrong with the latter only the parser can see.
Files in bad/structural/ are not, nor is any single service that the parser complains about there.
Files in bad/syntax/ are neither YAML nor JSON.
Usage: bundle_schema_test.py SCHEMA FIXTURES
"""

import json
import pathlib
import re
import sys

import jsonschema
import yaml

RESET = object()


class Loader(yaml.SafeLoader):
    """Reads as YAML 1.2 does: `no` and `2015-07-11` are text."""

    yaml_implicit_resolvers = {
        first: [(tag, regexp) for tag, regexp in resolvers
                if not tag.endswith((":timestamp", ":bool", ":int"))]
        for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
    }

    def override(self, node):
        if isinstance(node, yaml.SequenceNode):
            return self.construct_sequence(node, deep=True)
        if isinstance(node, yaml.MappingNode):
            return self.construct_mapping(node, deep=True)
        return self.construct_scalar(node)


Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile("^(true|false)$"), list("tf"))
Loader.add_implicit_resolver("tag:yaml.org,2002:int", re.compile("^[-+]?[0-9]+$"),
                             list("-+0123456789"))
Loader.add_constructor("tag:yaml.org,2002:int", lambda loader, node: int(node.value))
Loader.add_constructor("!reset", lambda loader, node: RESET)
Loader.add_constructor("!override", Loader.override)


def without_resets(value):
    """A key that is reset is not there as far as the schema is concerned."""
    if isinstance(value, dict):
        return {str(key): without_resets(item) for key, item in value.items() if item is not RESET}
    if isinstance(value, list):
        return [without_resets(item) for item in value]
    return value


def read(path):
    text = path.read_text(encoding="utf-8-sig")
    return json.loads(text) if path.suffix == ".json" else without_resets(yaml.load(text, Loader))


def services_of(document):
    """Each service of a file on its own, so that the error of one does not hide another's lack."""
    services = document.get("services") if isinstance(document, dict) else None
    for name, service in services.items() if isinstance(services, dict) else ():
        yield name, {"services": {name: service}}


def check_bad(validator, path, document):
    messages = path.with_name(path.name + ".expected").read_text()
    if validator.is_valid(document):
        yield f"{path}: the schema accepts it"
    for name, alone in services_of(document):
        if re.search(rf" services\.{re.escape(name)}[.:]", messages) and validator.is_valid(alone):
            yield f"{path}: the schema accepts service {name!r}"


def check_good(validator, path, document):
    for error in validator.iter_errors(document):
        where = ".".join(map(str, error.absolute_path))
        yield f"{path}: the schema refuses {where}: {error.message[:200]}"


def main(schema_path, fixtures):
    schema = json.loads(pathlib.Path(schema_path).read_text())
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    failures, seen = [], 0
    for folder, check in (("good", check_good), ("bad/semantic", check_good),
                          ("bad/structural", check_bad)):
        for path in sorted(pathlib.Path(fixtures, folder).iterdir()):
            if path.suffix in (".yaml", ".json"):
                seen += 1
                failures += check(validator, path, read(path))
    print("\n".join(failures))
    print(f"{seen} files, {len(failures)} disagreements")
    return 1 if failures or seen < 40 else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
