#!/usr/bin/python3
"""A site with a database, a scheduler and a mail server, taken a month ahead while it runs.

The site is in HITCH_FIXTURES; HITCH_BINARY is the hitch to test.
"""

import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

HITCH = os.environ["HITCH_BINARY"]
SOURCE = os.environ.get("HITCH_FIXTURES", "") + "/reminder"
SKIPPED = 77
PATIENCE = 120
TIMEOUT = ("--timeout", "60s")


class Reminder(unittest.TestCase):
    def setUp(self):
        self.directory = pathlib.Path(tempfile.mkdtemp(prefix="hitch-reminder-"))
        self.addCleanup(shutil.rmtree, self.directory)
        shutil.copytree(SOURCE, self.directory, dirs_exist_ok=True)
        self.hitch("up", "-d")
        self.addCleanup(self.hitch, "down")

    def hitch(self, *arguments):
        done = subprocess.run([HITCH, *arguments], cwd=self.directory, capture_output=True,
                              text=True, timeout=PATIENCE, check=False)
        self.assertEqual(done.returncode, 0, f"hitch {' '.join(arguments)}:\n{done.stderr}")
        return done.stdout

    def get(self, page, *options):
        return self.hitch("exec", "Django", "--", "curl", "-sS", "--fail", *options,
                          f"http://127.0.0.1:8000/{page}")

    def wait_until_looked(self):
        """Until the scheduler has looked at the bundle's today."""
        today = self.hitch("time", "now")[:10]
        self.hitch("logs", "Scheduler", "--until", f"looked at {today}", *TIMEOUT)

    def mails(self):
        lines = self.hitch("logs", "Mail", "--json").splitlines()
        return [line for line in lines if '"subject"' in line]

    def test_a_month_ahead(self):
        headers = self.get("in/?name=Ada", "-D", "-", "-o", "/dev/null")
        session = re.search(r"sessionid=(\w+)", headers).group(0)
        self.assertEqual(self.get("who/", "-b", session), "Ada")
        self.get("remind/?days=30&text=Water+the+plants")

        self.hitch("time", "travel", "--days", "13")
        self.assertEqual(self.get("who/", "-b", session), "Ada")
        self.hitch("time", "travel", "--days", "2")
        self.assertEqual(self.get("who/", "-b", session), "nobody", "a session lasts two weeks")

        self.hitch("time", "travel", "--days", "14")
        self.wait_until_looked()
        self.assertEqual(self.mails(), [], "it is not due before the thirtieth day")
        self.hitch("time", "travel", "--days", "1", "--minutes", "5")
        mail = self.hitch("logs", "Mail", "--until", "Water the plants", *TIMEOUT)
        self.assertIn("Reminder", mail)

        self.hitch("time", "freeze")
        stands = self.get("now/")
        django, postgres = stands.split()
        self.assertEqual(django, postgres)
        self.assertEqual(self.get("now/"), stands)
        self.hitch("time", "resume")
        self.assertNotEqual(self.get("now/"), stands)
        self.check_nothing_suffered()

    def check_nothing_suffered(self):
        for line in self.hitch("--format", "json", "ps").splitlines():
            service = json.loads(line)
            self.assertEqual((service["state"], service["restarts"]), ("ready", 0), service["name"])
        self.assertNotRegex(self.hitch("logs"), r"\b(ERROR|FATAL|PANIC|Traceback|Exception)\b")


try:
    subprocess.run(["/usr/bin/python3", "-c", "import django, psycopg2, aiosmtpd"], check=True,
                   capture_output=True)
except subprocess.CalledProcessError as error:
    print("skipped:", error.stderr.decode().splitlines()[-1])
    sys.exit(SKIPPED)
unittest.main()
