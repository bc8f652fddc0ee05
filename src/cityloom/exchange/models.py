"""What the doors keep: tokens of other systems, and the answers to what was sent under an idempotency key."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models

from cityloom.city.models import City


class ApiToken(models.Model):
    """A right to knock at the doors as one post. The token itself is told once; its digest is kept."""

    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="+", db_index=False)
    prefix = models.CharField(max_length=16, unique=True)
    digest = models.BinaryField()
    name = models.CharField(max_length=100)
    login = models.CharField(max_length=150)
    role = models.CharField(max_length=20)
    unit = models.CharField(max_length=100, blank=True)
    area = models.CharField(max_length=100, blank=True)
    is_service = models.BooleanField(default=False)  # the post is the token's own, nobody holds it in the folder
    scopes = ArrayField(models.CharField(max_length=40))
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=150)
    expires_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    revoked_by = models.CharField(max_length=150, blank=True)

    class Meta:
        db_table = "exchange_api_token"
        indexes = [models.Index(fields=["city", "login"], name="exchange_token_login")]


class IdempotencyKey(models.Model):
    """What was sent under a key, as a digest, and where it led: asked again, the same answer is made again.

    `answer` holds numbers and states, nothing a person said and no tracking code.
    """

    owner = models.CharField(max_length=40)  # the token's prefix
    key = models.CharField(max_length=200)
    digest = models.BinaryField()
    answer = models.JSONField(default=dict)
    created_at = models.DateTimeField()

    class Meta:
        db_table = "exchange_idempotency_key"
        constraints = [models.UniqueConstraint(fields=["owner", "key"], name="exchange_key_once")]
        indexes = [models.Index(fields=["created_at"], name="exchange_key_created")]


class Open311Cursor(models.Model):
    """How far the changes of a partner's Open311 server have been read."""

    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="+", db_index=False)
    partner = models.CharField(max_length=100)
    updated_at = models.DateTimeField()  # of the last change that was read
    read_at = models.DateTimeField()

    class Meta:
        db_table = "exchange_open311_cursor"
        constraints = [models.UniqueConstraint(fields=["city", "partner"], name="exchange_open311_cursor_once")]
