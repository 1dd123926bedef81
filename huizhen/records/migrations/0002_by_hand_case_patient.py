"""Tie the kernel's cases to patients."""

from django.db import migrations

from huizhen.kernel import migrating

from huizhen.records.constraints import OPERATIONS


class Migration(migrating.Migration):
    dependencies = [("records", "0001_initial"), ("kernel", "0002_initial")]
    operations = OPERATIONS
