"""Migrations that take seconds instead of a minute.

Django builds the models anew after each operation of a migration, and of a house with two hundred tables that is most
of the time that a first start or a test database takes. Here operations that only add are gathered: their sum is
worked out first, the models are built once, and a new table is made at once with all that the migration adds to it.
What else there is in a migration runs one by one, in its place. `tests/database` compares the two ways.
"""

from itertools import groupby
from typing import Any

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation
from django.db.migrations.state import ProjectState
from pgtrigger.migrations import AddTrigger

ADDING = (
    migrations.CreateModel, migrations.AddField, migrations.AddConstraint, migrations.AddIndex, AddTrigger,
)  # fmt: skip


class Migration(migrations.Migration):
    """A migration whose additions are made together; write it as any other, with this as its base."""

    def apply(
        self, project_state: ProjectState, schema_editor: BaseDatabaseSchemaEditor, collect_sql: bool = False
    ) -> ProjectState:
        """Run forwards. Printed as SQL (`sqlmigrate`), it reads as Django would run it."""
        if collect_sql:
            return super().apply(project_state, schema_editor, collect_sql)
        for adds, operations in groupby(self.operations, lambda operation: isinstance(operation, ADDING)):
            if adds:
                self._add(list(operations), project_state, schema_editor)
            else:
                rest = type("Rest", (migrations.Migration,), {"operations": list(operations)})
                rest(self.name, self.app_label).apply(project_state, schema_editor)
        return project_state

    def _add(self, operations: list[Operation], state: ProjectState, editor: BaseDatabaseSchemaEditor) -> None:
        self._sum_up(operations, state)
        new = {operation.name_lower for operation in operations if isinstance(operation, migrations.CreateModel)}
        for operation in operations:
            # A new table has its columns, constraints and indexes from the start; triggers come after it.
            within = isinstance(operation, ADDING[1:4]) and _model_of(operation) in new
            if not within:
                operation.database_forwards(self.app_label, editor, state, state)

    def _sum_up(self, operations: list[Operation], state: ProjectState) -> None:
        """Bring the state forward with all of them, and build the models they touch once."""
        built = state.__dict__.pop("apps", None)
        for operation in operations:
            operation.state_forwards(self.app_label, state)
        if built is not None:
            state.__dict__["apps"] = built
            state.reload_models(list({(self.app_label, _model_of(operation)) for operation in operations}), delay=False)


def _model_of(operation: Any) -> str:
    name: str = operation.name if isinstance(operation, migrations.CreateModel) else operation.model_name
    return name.lower()
