"""Takes the program out of the smtp recipe, runs it and sends it mails of every kind."""

import contextlib
import email.message
import email.mime.application
import email.mime.multipart
import email.mime.text
import json
import pathlib
import queue
import signal
import smtplib
import socket
import subprocess
import tempfile
import threading
import unittest

import recipe

LIMIT_SECONDS = 60


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class SmtpRecipe(unittest.TestCase):
    def setUp(self):
        self.data = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.port = free_port()
        self.service = recipe.service("smtp", str(self.data), port=self.port)
        self.server = self.enterContext(
            subprocess.Popen(
                self.service["command"],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                # What hitch gives a service; the language is the least helpful one there is.
                env={"PATH": "/usr/bin:/bin", "LANG": "C", "HITCH_DATA": str(self.data)},
                cwd=self.data,
            )
        )
        self.addCleanup(self.server.kill)
        # Read at once, as hitch does: the server prints a mail before it answers the sender.
        self.lines = queue.SimpleQueue()
        threading.Thread(target=self.read_lines, daemon=True).start()
        self.ready_line = self.next_line()

    def read_lines(self):
        for line in self.server.stdout:
            self.lines.put(line)

    def next_line(self):
        return self.lines.get(timeout=LIMIT_SECONDS).decode("utf-8")

    @contextlib.contextmanager
    def client(self):
        with smtplib.SMTP("127.0.0.1", self.port, timeout=LIMIT_SECONDS) as client:
            yield client

    def next_mail(self):
        return json.loads(self.next_line())

    def send(self, message, **envelope):
        with self.client() as client:
            client.send_message(message, **envelope)
        return self.next_mail()

    def send_bytes(self, data, sender="a@example.com", to=("b@example.com",)):
        with self.client() as client:
            client.sendmail(sender, list(to), data)
        return self.next_mail()

    def message(self, text="Hello", **headers):
        mail = email.message.EmailMessage()
        mail["From"] = "Alice <alice@example.com>"
        mail["To"] = "bob@example.com"
        for name, value in headers.items():
            mail[name] = value
        if text is not None:
            mail.set_content(text)
        return mail

    def test_says_when_it_listens(self):
        self.assertEqual(self.ready_line, f"SMTP Server running on port {self.port}\n")
        self.assertIn(self.service["ready"], self.ready_line)

    def test_plain_mail(self):
        date = "Sat, 11 Jul 2015 10:36:58 +0200"
        mail = self.send(self.message("Hello\nBob\n", Subject="Hi", Cc="c@example.com", Date=date))
        self.assertEqual(mail["subject"], "Hi")
        self.assertEqual(mail["from"], "Alice <alice@example.com>")
        self.assertEqual(mail["to"], ["bob@example.com"])
        self.assertEqual(mail["cc"], ["c@example.com"])
        self.assertEqual(mail["payload"], "Hello\nBob\n")
        self.assertEqual(mail["html"], "")
        self.assertEqual(mail["attachments"], [])
        self.assertEqual(mail["links"], [])
        self.assertEqual(mail["date"], "2015-07-11T10:36:58+02:00")
        self.assertEqual(mail["headers"]["Date"], date)
        self.assertEqual(
            mail["envelope"],
            {"from": "alice@example.com", "to": ["bob@example.com", "c@example.com"]},
        )

    def test_hidden_recipients_are_in_the_envelope_only(self):
        mail = self.send(self.message(), to_addrs=["bob@example.com", "hidden@example.com"])
        self.assertEqual(mail["to"], ["bob@example.com"])
        self.assertEqual(mail["envelope"]["to"], ["bob@example.com", "hidden@example.com"])

    def test_non_ascii_text_and_headers(self):
        mail = self.message("Grüße aus Zürich: 你好, \N{PILE OF POO}\n", Subject="Ärger? Nein, 你好!")
        del mail["From"]
        mail["From"] = "Eva Müller <eva@example.com>"
        got = self.send(mail)
        self.assertEqual(got["subject"], "Ärger? Nein, 你好!")
        self.assertEqual(got["from"], "Eva Müller <eva@example.com>")
        self.assertEqual(got["payload"], "Grüße aus Zürich: 你好, \N{PILE OF POO}\n")

    def test_each_transfer_encoding(self):
        for encoding in ("7bit", "quoted-printable", "base64"):
            with self.subTest(encoding=encoding):
                mail = self.message(None)
                mail.set_content("plain = text\n", cte=encoding)
                self.assertEqual(self.send(mail)["payload"], "plain = text\n")

    def test_charsets(self):
        for charset in ("iso-8859-1", "windows-1252", "utf-8", "utf-16"):
            with self.subTest(charset=charset):
                mail = email.mime.text.MIMEText("Crème brûlée", "plain", charset)
                mail["To"] = "bob@example.com"
                got = self.send(mail, from_addr="a@example.com")["payload"]
                self.assertEqual(got.rstrip("\n"), "Crème brûlée")

    def test_multipart_with_attachments(self):
        mail = self.message("Text: https://example.com/a?x=1&y=2.\n", Subject="All")
        mail.add_alternative('<a href="https://example.com/b?x=1&amp;y=2">b</a>', subtype="html")
        mail.add_attachment(b"\x00\xff" * 500, "application", "octet-stream", filename="Größe.bin")
        mail.add_attachment("inside\n", filename="note.txt")
        mail.add_attachment(self.message("a mail in the mail"))
        got = self.send(mail)
        self.assertEqual(got["payload"], "Text: https://example.com/a?x=1&y=2.\n")
        self.assertEqual(got["html"], '<a href="https://example.com/b?x=1&amp;y=2">b</a>\n')
        self.assertEqual(
            got["links"], ["https://example.com/a?x=1&y=2", "https://example.com/b?x=1&y=2"]
        )
        first, second, third = got["attachments"]
        self.assertEqual(
            first, {"name": "Größe.bin", "type": "application/octet-stream", "size": 1000}
        )
        self.assertEqual(second, {"name": "note.txt", "type": "text/plain", "size": 7})
        self.assertEqual((third["name"], third["type"]), (None, "message/rfc822"))
        self.assertGreater(third["size"], len("a mail in the mail"))

    def test_attachment_name_in_an_encoded_word(self):
        mail = email.mime.multipart.MIMEMultipart()
        part = email.mime.application.MIMEApplication(b"x")
        part["Content-Disposition"] = 'attachment; filename="=?utf-8?b?w6QucGRm?="'
        mail.attach(part)
        self.assertEqual(self.send_bytes(mail.as_bytes())["attachments"][0]["name"], "ä.pdf")

    def test_links_are_unique_and_in_order(self):
        mail = self.message(
            "Go to http://one.example/ (or https://two.example/x_(y)), then http://one.example/.\n"
            "<HTTPS://three.example/?q=a,b> and https:// and ftp://no.example\n"
        )
        mail.add_alternative(
            "<style>@import 'https://style.example/'</style>"
            "<a href='/relative'>r</a><a href=' https://two.example/x_(y) '>two</a>"
            "<a href='http://four.example/'>http://five.example/!</a>",
            subtype="html",
        )
        self.assertEqual(
            self.send(mail)["links"],
            [
                "http://one.example/",
                "https://two.example/x_(y)",
                "HTTPS://three.example/?q=a,b",
                "http://four.example/",
                "http://five.example/",
            ],
        )

    def test_page_that_the_parser_refuses(self):
        mail = self.message(None)
        mail.set_content("<![odd[ ]]> https://example.com/", subtype="html")
        self.assertEqual(self.send(mail)["links"], ["https://example.com/"])

    def test_html_alone(self):
        mail = self.message(None)
        mail.set_content("<p>Only &lt;html&gt;</p>", subtype="html")
        got = self.send(mail)
        self.assertEqual((got["payload"], got["html"]), ("", "<p>Only &lt;html&gt;</p>\n"))

    def test_header_folded_and_in_several_encoded_words(self):
        got = self.send_bytes(
            b"Subject: =?utf-8?q?one_=C3?=\r\n =?utf-8?q?=A4?= two\r\n\tthree =?nope?q?=E4?=\r\n"
            b"To: =?utf-8?q?M=C3=BCller=2C_Eva?= <eva@example.com>, \"B, C\" <bc@example.com>\r\n"
            b"X-Twice: 1\r\nx-twice: 2\r\n\r\nbody\r\n"
        )
        self.assertEqual(got["subject"], "one ä two\tthree ä")
        self.assertEqual(got["to"], ["Müller, Eva <eva@example.com>", "B, C <bc@example.com>"])
        self.assertEqual(got["headers"]["X-Twice"], "1\n2")

    def test_no_headers_at_all(self):
        got = self.send_bytes(b"\r\njust text\r\n")
        self.assertEqual(got["subject"], "")
        self.assertEqual(got["from"], "a@example.com")
        self.assertEqual(got["to"], ["b@example.com"])
        self.assertIsNone(got["date"])
        self.assertEqual(got["payload"], "just text\n")

    def test_dates_that_are_none(self):
        for text in ("tomorrow", "Mon, 99 Foo 2020 99:99:99 +9999", "=?x?q??="):
            with self.subTest(text=text):
                got = self.send_bytes(b"Date: " + text.encode() + b"\r\n\r\n.\r\n")
                self.assertIn(got["date"], (text, None))
                self.assertNotIn("error", got)

    def test_raw_bytes_in_headers_and_body(self):
        got = self.send_bytes(b"Subject: Gr\xfc\xc3\x9fe\r\nFrom: \xc3\xa4 <a@b.c>\r\n\r\n\xff\x00\xe4\r\n")
        self.assertEqual(got["subject"], "Gr\xfc\xc3\x9fe")
        self.assertEqual(got["from"], "ä <a@b.c>")
        self.assertEqual(got["payload"], "\xff\x00\xe4\n")

    def test_broken_mails_are_printed_all_the_same(self):
        broken = {
            "boundary that never comes": b"Content-Type: multipart/mixed; boundary=x\r\n\r\nlost\r\n",
            "no boundary": b"Content-Type: multipart/mixed\r\n\r\nlost\r\n",
            "unknown charset": b"Content-Type: text/plain; charset=klingon\r\n\r\nlost\r\n",
            "codec that is no charset": b"Content-Type: text/plain; charset=hex\r\n\r\nlost\r\n",
            "bad base64": b"Content-Transfer-Encoding: base64\r\n\r\n!lost\r\n",
            "unknown encoding": b"Content-Transfer-Encoding: x-lost\r\n\r\nlost\r\n",
            "bad addresses": b"To: <<@,;:\r\nFrom: @@\r\nCc: ,\r\n\r\nlost\r\n",
            "bad encoded word": b"Subject: =?utf-8?b?A?= =?utf-8?q?=ED=A0=80?=\r\n\r\nlost\r\n",
            "no colon": b"this is no header\r\n\r\nlost\r\n",
            "nested deeply": b"".join(
                b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (depth, depth)
                for depth in range(3000)
            ) + b"\r\nlost\r\n",
        }
        for what, data in broken.items():
            with self.subTest(what=what):
                line = json.dumps(self.send_bytes(data), ensure_ascii=False)
                self.assertTrue("lost" in line or what == "bad base64", line[:2000])
                line.encode("utf-8")  # no lone surrogates

    def test_long_lines_and_large_mails(self):
        text = "x" * 3_000_000
        got = self.send_bytes(b"Subject: long\r\n\r\n" + text.encode() + b"\r\n")
        self.assertEqual(got["payload"], text + "\n")
        mail = self.message()
        mail.add_attachment(b"\x01" * 40_000_000, "application", "zip", filename="big.zip")
        self.assertEqual(self.send(mail)["attachments"][0]["size"], 40_000_000)

    def test_dots_at_line_starts(self):
        self.assertEqual(self.send(self.message(".\n..\n.x\n"))["payload"], ".\n..\n.x\n")

    def test_any_login_is_right(self):
        with self.client() as client:
            client.login("somebody", "secret")
            client.send_message(self.message(Subject="in"))
        self.assertEqual(self.next_mail()["subject"], "in")

    def test_many_mails_and_the_file_that_keeps_them(self):
        with self.client() as one, self.client() as two:
            for number in range(50):
                (one if number % 2 else two).send_message(self.message(Subject=str(number)))
        printed = [self.next_mail()["subject"] for _ in range(50)]
        kept = (self.data / "mails.jsonl").read_text(encoding="utf-8").splitlines()
        self.assertEqual(printed, [str(number) for number in range(50)])
        self.assertEqual([json.loads(line)["subject"] for line in kept], printed)

    def test_ends_quietly_when_asked(self):
        self.server.send_signal(signal.SIGTERM)
        self.assertEqual(self.server.wait(timeout=LIMIT_SECONDS), 0)
        self.assertEqual(self.server.stderr.read(), b"")


if __name__ == "__main__":
    unittest.main()
