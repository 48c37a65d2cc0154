"""A guest book: people sign up, confirm their address by a link in a mail, and are listed.

Without an argument it serves port 8000; with `create-tables` it makes its tables and ends.
Debian's packages python3-psycopg2 and python3-redis and the standard library are all it needs.
"""

import email.message
import html
import http.server
import os
import secrets
import smtplib
import sys
import urllib.parse

import psycopg2
import redis

PAGE = """<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>Guest book</title><link rel="stylesheet" href="/style.css"></head>
<body><h1>Guest book</h1><p>Visit {visits}.</p><ul>{guests}</ul>
<form method="post" action="/signup"><input name="email"><button>Sign</button></form></body>
</html>
"""
cache = redis.Redis.from_url(os.environ["REDIS_URL"])


def query(sql, *values):
    """Runs one statement in a transaction of its own and returns its rows."""
    connection = psycopg2.connect(os.environ["DATABASE_URL"])
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(sql, values)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def create_tables():
    query("""CREATE TABLE IF NOT EXISTS guest (
               email text PRIMARY KEY, token text NOT NULL UNIQUE, confirmed timestamptz)""")


def ask_for_confirmation(address, token):
    mail = email.message.EmailMessage()
    mail["Subject"] = "Please confirm your address ✉"
    mail["From"] = "Guest book <guestbook@example.com>"
    mail["To"] = address
    mail.set_content(f"Welcome! Please confirm: {os.environ['PUBLIC_URL']}/confirm/{token}\n")
    with smtplib.SMTP("Mail", 25) as server:
        server.send_message(mail)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        path = urllib.parse.urlsplit(self.path).path
        if path == "/":
            guests = query("SELECT email FROM guest WHERE confirmed IS NOT NULL ORDER BY confirmed")
            names = "".join(f"<li>{html.escape(name)}</li>" for name, in guests)
            self.answer(200, PAGE.format(visits=cache.incr("visits"), guests=names), "text/html")
        elif path == "/health":
            self.answer(200, "ok\n")
        elif path.startswith("/confirm/"):
            rows = query("UPDATE guest SET confirmed = now() WHERE token = %s RETURNING email",
                         path.removeprefix("/confirm/"))
            if rows:
                self.answer(200, f"Thank you, {rows[0][0]}.\n")
            else:
                self.answer(404, "There is no such link.\n")
        else:
            self.answer(404, "There is no such page.\n")

    def do_POST(self):
        form = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        address = urllib.parse.parse_qs(form).get("email", [""])[0]
        if self.path != "/signup":
            self.answer(404, "There is no such page.\n")
        elif "@" not in address:
            self.answer(400, "That is no mail address.\n")
        else:
            token = secrets.token_urlsafe(16)
            query("INSERT INTO guest (email, token) VALUES (%s, %s)"
                  " ON CONFLICT (email) DO UPDATE SET token = excluded.token", address, token)
            ask_for_confirmation(address, token)
            self.answer(202, "We have sent you a mail.\n")

    def answer(self, status, text, kind="text/plain"):
        data = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", f"{kind}; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_):
        pass  # nginx has a line for each request already


if __name__ == "__main__":
    if sys.argv[1:] == ["create-tables"]:
        create_tables()
    elif sys.argv[1:]:
        sys.exit(f"app.py: unknown argument {sys.argv[1]}")
    else:
        http.server.ThreadingHTTPServer(("127.0.0.1", 8000), Handler).serve_forever()
