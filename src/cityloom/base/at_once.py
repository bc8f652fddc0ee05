"""Many changes of tables in one step of a migration.

After each change Django builds the classes of all tables that hang together anew, and nearly all of ours hang on the
city: a hundred changes one by one take twenty seconds of processor time, at once they take as long as one.
"""

from collections.abc import Sequence

from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState


class AtOnce(Operation):
    """These operations in their order, each from what was before all of them to what is after all of them.

    So no two may touch the same thing: a new table brings its columns, indexes and constraints along, and a column
    that is added or altered here is as it shall stay. They are not undone: the way back is the backup.
    """

    reversible = False

    def __init__(self, operations: Sequence[Operation]) -> None:
        self.operations = operations

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        state.__dict__.pop("apps", None)  # the classes built so far; whoever asks for one has them built again
        for operation in self.operations:
            operation.state_forwards(app_label, state)

    def database_forwards(
        self,
        app_label: str,
        schema_editor: BaseDatabaseSchemaEditor,
        from_state: ProjectState,
        to_state: ProjectState,
    ) -> None:
        for operation in self.operations:
            operation.database_forwards(app_label, schema_editor, from_state, to_state)
