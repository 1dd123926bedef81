"""Tie the kernel's cases to organisations, and make the table in which rate limits remember."""

from django.db import migrations

from huizhen.kernel import migrating

from huizhen.people.constraints import CACHE_TABLE, CASE_ORGANISATION


class Migration(migrating.Migration):
    dependencies = [("people", "0001_initial"), ("kernel", "0002_initial")]
    operations = [CASE_ORGANISATION, CACHE_TABLE]
