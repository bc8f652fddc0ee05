"""Makes the folder known to Django."""

from django.apps import AppConfig


class SensingConfig(AppConfig):
    """The `sensing` context."""

    name = "cityloom.sensing"
    label = "sensing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Contacts of fire watch are sealed: a change of keys seals them again."""
        from cityloom.cases.key_rotation import SealedTable, also_seals

        also_seals(SealedTable("sensing_fire_site", ("contacts_sealed",)))
