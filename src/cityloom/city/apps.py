"""Makes the folder known to Django."""

from django.apps import AppConfig


class CityConfig(AppConfig):
    """The `city` context."""

    name = "cityloom.city"
    label = "city"
    default_auto_field = "django.db.models.BigAutoField"
