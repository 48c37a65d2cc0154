"""The ready-made services, each with the real program."""

import json
import smtplib
import urllib.request

import memcache
import psycopg2
import pymysql
import pytest
import redis

import hitchserve
from conftest import PATIENCE, free_port, run_python
from hitchserve.services import (CeleryService, CronService, DjangoService, HitchSMTPService,
                                 HttpMockService, MariaDBService, MemcachedService, PostgresDatabase,
                                 PostgresService, PostgresUser, RecipeService, RedisService)


def test_postgres_with_users_databases_and_a_dump(bundle, project):
    (project / "dump.sql").write_text("create table pets (name text); insert into pets values ('Rex');")
    clerk, odd = PostgresUser("clerk", "secret"), PostgresUser('o"dd user', "it's")
    shop = PostgresDatabase("shop", clerk, dump=str(project / "dump.sql"))
    other = PostgresDatabase('other "one"', odd)
    bundle["Postgres"] = PostgresService(port=free_port(), users=[clerk, odd], databases=[shop, other],
                                         server_options="-c work_mem=5MB")
    bundle.startup()
    service = bundle["Postgres"]
    for user, database in ((clerk, shop), (odd, other)):
        with psycopg2.connect(host="127.0.0.1", port=service.port, user=user.username,
                              password=user.password, dbname=database.name) as connection:
            with connection.cursor() as cursor:
                cursor.execute("select current_user, current_setting('work_mem')")
                assert cursor.fetchone() == (user.username, "5MB")
        connection.close()
    assert "Rex" in shop.psql("select * from pets").run(check_output=True)
    assert "Rex" in shop.pg_dump().run(check_output=True)
    assert "1 row" in service.psql("select 1").run(check_output=True)
    bundle.time_travel(days=3000)
    year = service.psql("select extract(year from now())::int").run(check_output=True)
    assert str(bundle.now().year) in year


def test_redis(bundle):
    bundle["Redis"] = RedisService(port=free_port())
    bundle.startup()
    with redis.Redis(port=bundle["Redis"].port) as client:
        client.set("name", "hitch")
    assert bundle["Redis"].cli("get", "name").run(check_output=True) == "hitch\n"


def test_smtp(bundle):
    bundle["HitchSMTP"] = HitchSMTPService(port=free_port())
    bundle.startup()
    with smtplib.SMTP("127.0.0.1", bundle["HitchSMTP"].port, timeout=PATIENCE) as client:
        client.sendmail("a@example.com", ["b@example.com"], "Subject: Hi\n\nSee http://example.com/x")
    mail = bundle["HitchSMTP"].logs.out.tail.until_json(lambda mail: mail["subject"] == "Hi",
                                                       timeout=PATIENCE, lines_back=1)
    assert mail["links"] == ["http://example.com/x"]


def test_cron(bundle):
    bundle["Cron"] = CronService(["date", "+%Y"], every=0.05)
    bundle.startup()
    bundle.time_travel(days=4000)
    year = str(bundle.now().year)
    assert bundle["Cron"].logs.out.tail.until(lambda line: line == year, timeout=PATIENCE)


def test_http_mock(bundle, project):
    rules = [{"request": {"path": "/sms"}, "response": {"status": 201, "body": "sent"}}]
    (project / "rules.json").write_text(json.dumps(rules))
    bundle["SMS"] = HttpMockService("rules.json", port=free_port())
    bundle.startup()
    with urllib.request.urlopen(bundle["SMS"].url() + "/sms", b"hello", timeout=PATIENCE) as answer:
        assert (answer.status, answer.read()) == (201, b"sent")
    call = bundle["SMS"].logs.out.tail.until_json(lambda call: call["path"] == "/sms", timeout=PATIENCE,
                                                    lines_back=1)
    assert call["body"] == "hello"


def test_memcached_and_mariadb(bundle):
    bundle["Cache"] = MemcachedService(port=free_port())
    bundle["Db"] = MariaDBService(port=free_port(), database="shop", user="clerk", password="secret")
    bundle.startup()
    client = memcache.Client([f"127.0.0.1:{bundle['Cache'].port}"])
    client.set("key", "value")
    assert client.get("key") == "value"
    with pymysql.connect(host="127.0.0.1", port=bundle["Db"].port, user="clerk", password="secret",
                         database="shop") as connection, connection.cursor() as cursor:
        cursor.execute("select 41 + 1, database()")
        assert cursor.fetchone() == (42, "shop")
    assert "shop" in bundle["Db"].mariadb("select database()").run(check_output=True)


def test_any_recipe(bundle, project):
    (project / "index.html").write_text("hello")
    bundle["Web"] = RecipeService("nginx", {"root": ".", "port": free_port()})
    bundle.startup()
    url = f"http://127.0.0.1:{bundle['Web'].parameters['port']}/"
    with urllib.request.urlopen(url, timeout=PATIENCE) as answer:
        assert answer.read() == b"hello"


TASKS = """
import os
from celery import Celery
app = Celery("tasks", broker=os.environ["BROKER"], backend=os.environ["BROKER"])

@app.task
def say(text):
    print(f"the task says {text}", flush=True)
    return text.upper()
"""


def test_celery(bundle, project):
    (project / "tasks.py").write_text(TASKS)
    bundle["Redis"] = RedisService(port=free_port())
    broker = f"redis://127.0.0.1:{bundle['Redis'].port}/0"
    bundle["Celery"] = CeleryService(python="/usr/bin/python3", app="tasks", version="5.", concurrency=1,
                                     env_vars={"BROKER": broker}, needs=[bundle["Redis"]])
    bundle.startup()
    call = "import tasks; print(tasks.say.delay('hello').get(timeout=60))"
    answer = bundle["Celery"].subcommand("/usr/bin/python3", "-c", call).run(check_output=True)
    assert answer == "HELLO\n"
    assert bundle["Celery"].logs.tail.until(lambda line: "the task says hello" in line, timeout=PATIENCE,
                                            lines_back=99)


def test_versions_are_checked(bundle):
    bundle["Celery"] = CeleryService(python="/usr/bin/python3", version="1.2.3.4", ready={})
    with pytest.raises(hitchserve.HitchException, match="'Celery' is to have version 1.2.3.4, and has 5"):
        bundle.startup()


def test_django_command_line(bundle, project):
    (project / "manage.py").write_text("")
    django = DjangoService(python="/usr/bin/python3", port=123, settings="a.b", verbosity=3)
    bundle["Django"] = django
    assert django.command == ["/usr/bin/python3", "-u", str(project / "manage.py"), "runserver", "123",
                              "--verbosity", "3", "--noreload", "--nothreading", "--settings=a.b"]
    assert django.manage("migrate").command == ["/usr/bin/python3", "-u", str(project / "manage.py"),
                                                "migrate", "--settings=a.b"]
    assert django.url() == "http://127.0.0.1:123"


KERNEL = """
import os, sys
import hitchserve
services = hitchserve.ServiceBundle(os.getcwd(), startup_timeout=60, quiet=True)
services["App"] = hitchserve.Service(
    command=["/usr/bin/python3", "-u", "-c", "import IPython; answer = 41; IPython.embed_kernel()"],
    log_line_ready_checker=lambda line: "--existing" in line)
services["Other"] = hitchserve.Service(command=["sleep", "1000"], ready={})
services.startup()
try:
    services.wait_for_ipykernel("Other", timeout=0.05)
except hitchserve.WaitingForLogMessageTimeout:
    print("no kernel in the other one", flush=True)
services.connect_to_ipykernel("App", timeout=60)  # its "exit" ends the kernel, too
"""


def test_console_on_an_ipython_kernel_in_a_service(project):
    done = run_python(KERNEL, project, input="print('it is', answer + 1)\nexit\n")
    assert "it is 42" in done.stdout and "no kernel in the other one" in done.stdout, done.stderr
