import os

SECRET_KEY = "for tests"
DEBUG = True
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = ["remindme"]
ROOT_URLCONF = "remindme.urls"
DEFAULT_AUTO_FIELD = "django.db.models.AutoField"
USE_TZ = True
DATABASES = {"default": {
    "ENGINE": "django.db.backends.postgresql", "NAME": "remindme", "USER": "remindme",
    "PASSWORD": "password", "HOST": "127.0.0.1", "PORT": os.environ["DATABASE_PORT"],
}}
EMAIL_HOST = "127.0.0.1"
EMAIL_PORT = int(os.environ["EMAIL_PORT"])
REDIS_PORT = int(os.environ["REDIS_PORT"])
