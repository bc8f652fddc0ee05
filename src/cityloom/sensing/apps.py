"""Makes the folder known to Django."""

from django.apps import AppConfig


class SensingConfig(AppConfig):
    """The `sensing` context."""

    name = "cityloom.sensing"
    label = "sensing"
    default_auto_field = "django.db.models.BigAutoField"
