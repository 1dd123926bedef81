"""Migrations whose additions are made together leave the same tables behind as Django's own, one by one."""

import pytest
from django.db import connection, migrations, models, transaction
from django.db.migrations.state import ProjectState
from pgtrigger.migrations import AddTrigger

from huizhen.kernel import migrating

pytestmark = pytest.mark.django_db

FOUND = """
SELECT 'column', c.relname, a.attname, format_type(a.atttypid, a.atttypmod), a.attnotnull::text
  FROM pg_attribute a JOIN pg_class c ON c.oid = a.attrelid
 WHERE c.relname LIKE 'trial_%%' AND c.relkind = 'r' AND a.attnum > 0
UNION ALL SELECT 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid), condeferrable::text
  FROM pg_constraint WHERE conrelid::regclass::text LIKE 'trial_%%' AND contype <> 'n'
UNION ALL SELECT 'index', tablename, indexname, indexdef, '' FROM pg_indexes WHERE tablename LIKE 'trial_%%'
UNION ALL SELECT 'trigger', tgrelid::regclass::text, tgname, pg_get_triggerdef(oid), ''
  FROM pg_trigger WHERE tgrelid::regclass::text LIKE 'trial_%%' AND NOT tgisinternal
ORDER BY 1, 2, 3
"""
KEY = ("id", models.BigAutoField(primary_key=True))


def operations():
    """Two tables that know each other, and all that may be added to them; then a change, and an addition after it."""
    other = models.ForeignKey("trial.shelf", models.PROTECT, null=True)
    return [
        migrations.CreateModel("Book", [KEY, ("title", models.CharField(max_length=9)), ("pages", models.IntegerField())]),
        migrations.CreateModel("Shelf", [KEY, ("best", models.ForeignKey("trial.book", models.PROTECT))]),
        migrations.AddField("book", "shelf", other),
        migrations.AddConstraint(
            "book", models.CheckConstraint(name="has_pages", condition=models.Q(pages__gte=1))
        ),
        migrations.AddConstraint(
            "book",
            models.UniqueConstraint(name="once", fields=["title"], condition=models.Q(shelf__isnull=False)),
        ),
        migrations.AddIndex("book", models.Index(name="by_shelf", fields=["shelf", "-pages"])),
        migrations.AlterField("book", "title", models.CharField(max_length=20)),
        migrations.AddField("shelf", "wide", models.BooleanField(default=False)),
        migrations.AddIndex("shelf", models.Index(name="wide_ones", fields=["wide"])),
    ]  # fmt: skip


def tables(base):
    """What stands in the catalogue after the migration, which is then forgotten."""
    migration = base("0001_trial", "trial")
    migration.operations = operations()
    with transaction.atomic():
        with connection.schema_editor() as editor:
            state = migration.apply(ProjectState(), editor)
        with connection.cursor() as cursor:
            cursor.execute(FOUND)
            found = cursor.fetchall()
        transaction.set_rollback(True)
    return found, {key: sorted(model.fields) for key, model in state.models.items()}


def test_together_as_one_by_one():
    plain, ours = tables(migrations.Migration), tables(migrating.Migration)
    assert ours == plain
    kinds = {row[0] for row in plain[0]}
    assert kinds == {"column", "constraint", "index"}


def test_triggers_come_after_their_tables():
    assert AddTrigger in migrating.ADDING
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'pgtrigger_%%'")
        assert cursor.fetchone()[0] > 50
