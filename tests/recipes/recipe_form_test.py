"""Every shipped recipe keeps to the form that docs/recipes.md describes."""

import subprocess
import unittest

import recipe


def texts(value):
    if isinstance(value, dict):
        for item in value.values():
            yield from texts(item)
    elif isinstance(value, list):
        for item in value:
            yield from texts(item)
    elif isinstance(value, str):
        yield value


def commands(value):
    """Lists that begin with a program: every command of a service, wherever it stands."""
    if isinstance(value, dict):
        for item in value.values():
            yield from commands(item)
    elif isinstance(value, list):
        if value and all(isinstance(item, str) for item in value):
            yield value
        for item in value:
            yield from commands(item)


class RecipeForm(unittest.TestCase):
    def each(self):
        found = recipe.names()
        self.assertEqual(found, ["http_mock", "mariadb", "memcached", "nginx", "postgres", "rabbitmq",
                                 "redis", "smtp"])
        for name in found:
            with self.subTest(recipe=name):
                yield name, recipe.load(name)

    def test_only_known_keys(self):
        for _, content in self.each():
            own = {key for key in content if not key.startswith("x-")}
            self.assertEqual(own, {"description", "parameters", "service"})

    def test_parameters_say_what_they_are_for(self):
        for _, content in self.each():
            for spec in content["parameters"].values():
                self.assertLessEqual(set(spec), {"default", "description"})
                self.assertTrue(spec["description"])

    def test_every_place_names_a_parameter(self):
        for _, content in self.each():
            used = {
                match[1]
                for text in texts(content["service"])
                for match in recipe.PLACE.finditer(text)
                if match[1]
            }
            self.assertEqual(used - set(recipe.BUILT_IN), set(content["parameters"]))

    def test_shell_scripts_parse(self):
        for name, _ in self.each():
            for command in commands(recipe.service(name, "/data")):
                if command[:2] == ["sh", "-c"]:
                    done = subprocess.run(["sh", "-n", "-c", command[2]], capture_output=True)
                    self.assertEqual(done.stderr, b"")


if __name__ == "__main__":
    unittest.main()
