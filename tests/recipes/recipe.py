"""Reads recipes the way hitch does, for the tests beside it."""

import pathlib
import re

import yaml

RECIPES = pathlib.Path(__file__).resolve().parents[2] / "configs" / "recipes"
PLACE = re.compile(r"\$\$|\$\{([^}]*)\}")
BUILT_IN = ("HITCH_DATA", "HITCH_SERVICE", "HITCH_BUNDLE")


def load(name):
    return yaml.safe_load((RECIPES / f"{name}.yaml").read_text(encoding="utf-8"))


def names():
    return sorted(path.stem for path in RECIPES.glob("*.yaml"))


def expand(value, values):
    """`value` with each ${name} in its texts replaced; a name that is not in `values` is an error."""
    if isinstance(value, dict):
        return {key: expand(item, values) for key, item in value.items()}
    if isinstance(value, list):
        return [expand(item, values) for item in value]
    if not isinstance(value, str):
        return value
    return PLACE.sub(lambda m: "$" if m[0] == "$$" else str(values[m[1]]), value)


def service(name, data, **given):
    """The service that a recipe makes of these parameters, with its data in the directory `data`."""
    recipe = load(name)
    unknown = set(given) - set(recipe["parameters"])
    assert not unknown, f"recipe {name} has no parameter {unknown}"
    values = {key: spec["default"] for key, spec in recipe["parameters"].items() if key not in given}
    values |= given
    values |= {"HITCH_DATA": data, "HITCH_SERVICE": name.title(), "HITCH_BUNDLE": "test"}
    return expand(recipe["service"], values)
