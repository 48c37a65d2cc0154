from django.db import models


class SignUp(models.Model):
    email = models.EmailField()
    token = models.CharField(max_length=64)
    confirmed = models.BooleanField(default=False)


class Reminder(models.Model):
    email = models.EmailField()
    text = models.TextField()
    due = models.DateTimeField()
    sent = models.BooleanField(default=False)
