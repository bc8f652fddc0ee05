"""What the doors keep: tokens of other systems, answers under an idempotency key, webhooks and their deliveries."""

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


# --- webhooks ---------------------------------------------------------------------------------------------------


class Webhook(models.Model):
    """A place outside that is told what happens to cases; see `webhooks/`. It sees what its post may see.

    `state`: active, paused (deliveries wait), off (nothing is kept for it), removed. The secrets are sealed by the
    key that `key_mark` names; the old one signs too until `old_until`. `failures` counts those in a row, and
    `probe_at` is the moment before which an address that fails is left in peace.
    """

    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="+", db_index=False)
    url = models.CharField(max_length=500)
    description = models.CharField(max_length=200)
    login = models.CharField(max_length=150)  # its owner, who is told when it is turned off
    role = models.CharField(max_length=20)
    unit = models.CharField(max_length=100, blank=True)
    area = models.CharField(max_length=100, blank=True)
    moves = ArrayField(models.CharField(max_length=40))
    units = ArrayField(models.CharField(max_length=100))
    areas = ArrayField(models.CharField(max_length=100))
    state = models.CharField(max_length=10)
    reason = models.JSONField(default=dict)
    version = models.IntegerField(default=1)
    secret_sealed = models.BinaryField()
    old_secret_sealed = models.BinaryField(default=b"")
    old_until = models.DateTimeField(null=True)
    key_mark = models.BinaryField()
    failures = models.IntegerField(default=0)
    failing_since = models.DateTimeField(null=True)
    probe_at = models.DateTimeField(null=True)
    last_success_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    created_by = models.CharField(max_length=150)
    changed_at = models.DateTimeField()
    changed_by = models.CharField(max_length=150)

    class Meta:
        db_table = "exchange_webhook"
        indexes = [models.Index(fields=["city", "state"], name="exchange_webhook_state")]


class WebhookDelivery(models.Model):
    """One message to one webhook: the same body and `event` (its webhook-id) at every try, and in every replay.

    `state`: waiting, sending, delivered, failed. `seq` is the version of the case `key`; `first_id` names the
    delivery that a replay repeats.
    """

    id = models.BigIntegerField(primary_key=True)
    webhook = models.ForeignKey(Webhook, on_delete=models.CASCADE, related_name="+", db_index=False)
    event = models.CharField(max_length=40)
    topic = models.CharField(max_length=40)
    key = models.CharField(max_length=80)
    seq = models.IntegerField()
    body = models.TextField()
    state = models.CharField(max_length=10)
    attempts = models.IntegerField(default=0)
    next_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    tried_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    status = models.IntegerField(null=True)
    duration_ms = models.IntegerField(null=True)
    answer = models.CharField(max_length=200, blank=True)
    reason = models.JSONField(default=dict)
    first_id = models.BigIntegerField(null=True)

    class Meta:
        db_table = "exchange_webhook_delivery"
        indexes = [
            models.Index(
                fields=["webhook", "next_at", "id"],
                condition=models.Q(state__in=["waiting", "sending"]),
                name="exchange_delivery_due",
            ),
            models.Index(
                fields=["webhook", "key", "seq"],
                condition=models.Q(state__in=["waiting", "sending"]),
                name="exchange_delivery_order",
            ),
            models.Index(fields=["webhook", "id"], name="exchange_delivery_list"),
            models.Index(fields=["webhook", "state", "id"], name="exchange_delivery_state"),
            models.Index(fields=["first_id"], condition=~models.Q(first_id=None), name="exchange_delivery_first"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["webhook", "event"], condition=models.Q(first_id=None), name="exchange_delivery_once"
            ),
        ]


# --- partners' Open311 servers ------------------------------------------------------------------------------------


class Open311Round(models.Model):
    """When a partner's server is spoken to next, and since when it is silent. A worker takes a round by moving
    `next_at` on."""

    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="+", db_index=False)
    partner = models.CharField(max_length=100)
    next_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True)
    silent_since = models.DateTimeField(null=True)
    failures = models.IntegerField(default=0)
    reason = models.CharField(max_length=60, blank=True)  # the code of the last failure

    class Meta:
        db_table = "exchange_open311_round"
        constraints = [models.UniqueConstraint(fields=["city", "partner"], name="exchange_open311_round_once")]


class Open311Ending(models.Model):
    """That a case which a partner's server gave us has ended, and whether that server was told."""

    city = models.ForeignKey(City, on_delete=models.PROTECT, related_name="+", db_index=False)
    partner = models.CharField(max_length=100)
    their_id = models.CharField(max_length=200)
    closed_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True)
    tries = models.IntegerField(default=0)
    next_at = models.DateTimeField(null=True)  # none: told, or given up
    reason = models.CharField(max_length=60, blank=True)

    class Meta:
        db_table = "exchange_open311_ending"
        constraints = [
            models.UniqueConstraint(fields=["city", "partner", "their_id"], name="exchange_open311_ending_once")
        ]
