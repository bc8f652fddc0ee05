"""Makes the folder known to Django."""

from django.apps import AppConfig


class ExchangeConfig(AppConfig):
    """The `exchange` context."""

    name = "cityloom.exchange"
    label = "exchange"
    default_auto_field = "django.db.models.BigAutoField"
