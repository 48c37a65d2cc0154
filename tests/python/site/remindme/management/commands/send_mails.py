"""Mails what the page has put into the queue, and reminders when they are due."""

import redis
from django.conf import settings
from django.core.mail import send_mail
from django.core.management.base import BaseCommand
from django.utils import timezone

from remindme.models import Reminder

SENDER = "noreply@remindme.example"


class Command(BaseCommand):
    def handle(self, *args, **options):
        queue = redis.Redis(port=settings.REDIS_PORT)
        queue.ping()
        self.stdout.write("Sending mails")
        while True:
            job = queue.blpop("links", timeout=0.1)
            if job is not None:
                email, link = job[1].decode().split(" ", 1)
                send_mail("Confirm E-mail Address", f"To confirm this is correct, go to {link}",
                          SENDER, [email])
            for reminder in Reminder.objects.filter(sent=False, due__lte=timezone.now()):
                send_mail("Reminder", reminder.text, SENDER, [reminder.email])
                reminder.sent = True
                reminder.save()
