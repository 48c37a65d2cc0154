"""Takes the program out of the http_mock recipe, runs it and asks it all kinds of things."""

import http.client
import json
import pathlib
import signal
import socket
import subprocess
import tempfile
import unittest

import recipe

LIMIT_SECONDS = 60
RULES = [
    {"request": {"method": "POST", "path": "/sms", "json": {"to": "110"}},
     "response": {"status": 403, "json": {"error": "no"}}},
    {"request": {"method": "post", "path": "/sms"},
     "response": {"status": 201, "body": "sent ä", "headers": {"X-Id": "7"}, "delay": 0.01}},
    {"request": {"path_regex": "/users/[0-9]+", "query": {"full": 1},
                 "headers": {"Accept": "application/json"}}},
    {"request": {"path": "/a b", "body": "needle"}, "response": {"status": 204}},
]


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class HttpMockRecipe(unittest.TestCase):
    def setUp(self):
        self.directory = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.rules = self.directory / "rules.json"
        self.rules.write_text(json.dumps(RULES), encoding="utf-8")
        self.start(rules="rules.json")

    def start(self, **given):
        self.port = free_port()
        service = recipe.service("http_mock", str(self.directory), port=self.port, **given)
        self.server = self.enterContext(subprocess.Popen(
            service["command"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=self.directory,
            env={"PATH": "/usr/bin:/bin", "LANG": "C"}))
        self.addCleanup(self.server.kill)
        line = self.server.stdout.readline().decode()
        self.assertEqual(line, f"HTTP mock running on port {self.port}\n")
        self.assertIn(service["ready"], line)

    def ask(self, method, path, body=None, **headers):
        """Status, headers, body; and the line that the server has printed."""
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LIMIT_SECONDS)
        client.request(method, path, body, headers)
        answer = client.getresponse()
        told = (answer.status, dict(answer.getheaders()), answer.read().decode("utf-8"))
        client.close()
        return told, json.loads(self.server.stdout.readline())

    def test_first_rule_that_fits_answers(self):
        (status, headers, body), line = self.ask("POST", "/sms", '{"to": "110"}')
        self.assertEqual((status, json.loads(body)), (403, {"error": "no"}))
        self.assertEqual(headers["Content-Type"], "application/json")
        self.assertEqual((line["rule"], line["status"], line["json"]), (0, 403, {"to": "110"}))
        (status, headers, body), line = self.ask("POST", "/sms", '{"to": "112"}')
        self.assertEqual((status, headers["X-Id"], body, line["rule"]), (201, "7", "sent ä", 1))

    def test_what_a_rule_can_ask_for(self):
        path = "/users/12?full=1&full=2"
        (status, _, body), line = self.ask("GET", path, Accept="application/json")
        self.assertEqual((status, body, line["rule"]), (200, "", 2))
        self.assertEqual((line["path"], line["query"]), ("/users/12", {"full": ["1", "2"]}))
        self.assertEqual(line["headers"]["accept"], "application/json")
        for method, wrong, headers in (("GET", path, {}), ("GET", "/users/1", {"Accept": "a"}),
                                       ("GET", "/users/x?full=1", {"Accept": "application/json"})):
            (status, _, body), line = self.ask(method, wrong, **headers)
            self.assertEqual((status, line["rule"]), (404, None), wrong)
            self.assertIn("no rule fits", body)
        (status, _, body), line = self.ask("PUT", "/a%20b", "hay needle hay")
        self.assertEqual((status, body, line["path"], line["rule"]), (204, "", "/a b", 3))

    def test_chunks(self):
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=LIMIT_SECONDS)
        client.request("POST", "/sms", iter([b'{"to"', b': "110"}']), encode_chunked=True,
                       headers={"Transfer-Encoding": "chunked"})
        self.assertEqual(client.getresponse().status, 403)
        client.close()

    def test_rules_are_read_anew_and_mistakes_in_them_are_told(self):
        self.rules.write_text('[{"response": {"status": 299}}]')
        self.assertEqual(self.ask("GET", "/")[0][0], 299)
        for mistake in ("no json", "{}", '[{"request": {"path_regex": "("}}]', "[1]"):
            self.rules.write_text(mistake)
            (status, _, body), line = self.ask("GET", "/")
            self.assertEqual((status, line["status"]), (500, 500), mistake)
            self.assertIn("rules.json", body)
            self.assertIn(b"rules.json", self.server.stderr.readline())

    def test_without_rules_everything_is_fine(self):
        self.server.kill()
        self.start()
        (status, _, body), line = self.ask("DELETE", "/any/thing")
        self.assertEqual((status, body, line["method"]), (200, "{}", "DELETE"))

    def test_ends_quietly_when_asked(self):
        self.server.send_signal(signal.SIGTERM)
        self.assertEqual(self.server.wait(timeout=LIMIT_SECONDS), 0)
        self.assertEqual(self.server.stderr.read(), b"")


if __name__ == "__main__":
    unittest.main()
