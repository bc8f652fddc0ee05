"""Makes the folder known to Django."""

from django.apps import AppConfig


class BaseConfig(AppConfig):
    """The `base` context."""

    name = "cityloom.base"
    label = "base"
    default_auto_field = "django.db.models.BigAutoField"
