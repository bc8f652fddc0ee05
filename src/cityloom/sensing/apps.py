"""Makes the folder known to Django."""

from django.apps import AppConfig


class SensingConfig(AppConfig):
    """The `sensing` context."""

    name = "cityloom.sensing"
    label = "sensing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Contacts of fire watch are sealed: a change of keys seals them again, who looked is seen and signed."""
        from cityloom.cases.key_rotation import SealedTable, also_seals
        from cityloom.cases.read_log import add_log
        from cityloom.cases.root_rows import add_rooted_log
        from cityloom.sensing.fire_rows import READS, READS_LOG

        also_seals(SealedTable("sensing_fire_site", ("contacts_sealed",)))
        add_log(READS)
        add_rooted_log("fire_read", READS_LOG)
