"""A page that remembers who has signed in, and one that takes reminders; and who sends those.

site.py migrate | runserver … | scheduler
"""

import datetime
import sys
import time

import django
from django.conf import settings
from django.core.mail import send_mail
from django.db import connection
from django.http import HttpResponse
from django.urls import path
from django.utils import timezone

TABLE = "create table if not exists reminder (text text, due timestamptz, sent boolean)"


def sign_in(request):
    request.session["name"] = request.GET["name"]
    return HttpResponse("welcome")


def who(request):
    return HttpResponse(request.session.get("name", "nobody"))


def remind(request):
    due = timezone.now() + datetime.timedelta(days=int(request.GET["days"]))
    with connection.cursor() as cursor:
        cursor.execute("insert into reminder values (%s, %s, false)", [request.GET["text"], due])
    return HttpResponse(due.isoformat())


def now(request):
    with connection.cursor() as cursor:
        cursor.execute("select now()")
        return HttpResponse(f"{timezone.now().isoformat()} {cursor.fetchone()[0].isoformat()}")


urlpatterns = [path("in/", sign_in), path("who/", who), path("remind/", remind), path("now/", now)]

settings.configure(
    SECRET_KEY="for a test", ALLOWED_HOSTS=["*"], ROOT_URLCONF=__name__, USE_TZ=True,
    DEFAULT_AUTO_FIELD="django.db.models.AutoField",
    INSTALLED_APPS=["django.contrib.sessions"],
    MIDDLEWARE=["django.contrib.sessions.middleware.SessionMiddleware"],
    SESSION_COOKIE_AGE=14 * 86400, EMAIL_HOST="127.0.0.1", EMAIL_PORT=10025,
    DATABASES={"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "site",
                           "USER": "postgres", "HOST": "127.0.0.1", "PORT": 5432}})
django.setup()


def scheduler():
    """Looks every moment; says at which time it has looked."""
    while True:
        moment = timezone.now()
        with connection.cursor() as cursor:
            cursor.execute("update reminder set sent = true where due <= %s and not sent "
                           "returning text", [moment])
            for (text,) in cursor.fetchall():
                send_mail("Reminder", text, "site@example.com", ["you@example.com"])
        print(f"looked at {moment:%Y-%m-%d}", flush=True)
        time.sleep(0.2)


if __name__ == "__main__":
    from django.core.management import execute_from_command_line

    if sys.argv[1] == "scheduler":
        scheduler()
    execute_from_command_line(sys.argv)
    if sys.argv[1] == "migrate":
        with connection.cursor() as created:
            created.execute(TABLE)
