"""A sign-up page that has a confirmation mailed, and reminders that are mailed when they are due."""

import datetime
import secrets

import redis
from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import path
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from remindme.models import Reminder, SignUp


def home(request):
    return HttpResponse("Remind me!")


@csrf_exempt
def sign_up(request):
    new = SignUp.objects.create(email=request.POST["email"], token=secrets.token_urlsafe(16))
    link = request.build_absolute_uri(f"/confirm/{new.token}/")
    with redis.Redis(port=settings.REDIS_PORT) as queue:
        queue.rpush("links", f"{new.email} {link}")
    return HttpResponse("Look into your mail.")


def confirm(request, token):
    found = get_object_or_404(SignUp, token=token)
    found.confirmed = True
    found.save()
    return HttpResponse(f"{found.email} is confirmed.")


@csrf_exempt
def remind(request):
    due = timezone.now() + datetime.timedelta(days=int(request.POST["days"]))
    Reminder.objects.create(email=request.POST["email"], text=request.POST["text"], due=due)
    return JsonResponse({"due": due.isoformat()})


def now(request):
    return HttpResponse(timezone.now().isoformat())


urlpatterns = [path("", home), path("signup/", sign_up), path("confirm/<token>/", confirm),
               path("remind/", remind), path("now/", now)]
