"""The integration test of the guest book: a visitor's way through it, by HTTP from outside.

Run it with Debian's /usr/bin/python3; it ends with 1 and says what is wrong if anything is.
"""

import json
import os
import re
import urllib.error
import urllib.parse
import urllib.request

import psycopg2
import redis

SITE = os.environ["PUBLIC_URL"]
GUEST = "eva@example.com"
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def fetch(path, form=None):
    """GETs a path, or POSTs a form to it: the status and the text of the answer."""
    data = urllib.parse.urlencode(form).encode() if form else None
    url = path if "://" in path else SITE + path
    try:
        with opener.open(url, data, timeout=10) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as answer:
        return answer.code, answer.read().decode()


def expect(what, got, wanted):
    if got != wanted:
        raise SystemExit(f"FAILED: {what}: expected {wanted!r}, got {got!r}")
    print(f"ok: {what}")


def visits(page):
    return int(re.search(r"Visit (\d+)", page)[1])


def mails_to(address):
    with open(os.environ["MAILS"], encoding="utf-8") as lines:
        return [mail for mail in map(json.loads, lines) if address in mail["to"]]


def main():
    status, css = fetch("/style.css")
    expect("nginx serves a file", (status, "sans-serif" in css), (200, True))

    status, page = fetch("/")
    expect("nginx passes a request on to the application", status, 200)
    expect("the second visit is one more", visits(fetch("/")[1]), visits(page) + 1)
    counted = int(redis.Redis.from_url(os.environ["REDIS_URL"]).get("visits"))
    expect("Redis has the counter", counted, visits(page) + 1)

    expect("a bad address is refused", fetch("/signup", {"email": "nobody"})[0], 400)
    expect("a good one is taken", fetch("/signup", {"email": GUEST})[0], 202)
    expect("nobody is listed unasked", GUEST in fetch("/")[1], False)

    mails = mails_to(GUEST)
    expect("one mail came", len(mails), 1)
    expect("with this subject", mails[0]["subject"], "Please confirm your address ✉")
    expect("and one link", len(mails[0]["links"]), 1)

    expect("a wrong link is refused", fetch("/confirm/wrong")[0], 404)
    expect("the right one is taken", fetch(mails[0]["links"][0])[0], 200)
    expect("the guest is listed", GUEST in fetch("/")[1], True)

    connection = psycopg2.connect(os.environ["DATABASE_URL"])
    with connection, connection.cursor() as cursor:
        cursor.execute("SELECT email FROM guest WHERE confirmed IS NOT NULL")
        expect("PostgreSQL has the guest", cursor.fetchall(), [(GUEST,)])
    connection.close()


if __name__ == "__main__":
    main()
