"""Ready-made services. What each is made of stands in docs/recipes.md of hitch."""

from hitchserve.services.cron import CronService
from hitchserve.services.http_mock import HttpMockService
from hitchserve.services.postgres import PostgresDatabase, PostgresService, PostgresUser
from hitchserve.services.python import CeleryService, DjangoService
from hitchserve.services.recipe import RecipeService
from hitchserve.services.redis import RedisService
from hitchserve.services.servers import MariaDBService, MemcachedService, RabbitService
from hitchserve.services.smtp import HitchSMTPService

__all__ = [
    "CeleryService", "CronService", "DjangoService", "HitchSMTPService", "HttpMockService",
    "MariaDBService", "MemcachedService", "PostgresDatabase", "PostgresService", "PostgresUser",
    "RabbitService", "RecipeService", "RedisService",
]
