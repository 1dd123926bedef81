from django.db import migrations, models

# Journals that were begun before: their database is this one, and their files lie where they are found.
HERE = """
UPDATE kernel_auditjournal
   SET home = (SELECT system_identifier::text FROM pg_control_system())
              || '/' || (SELECT oid::text FROM pg_database WHERE datname = current_database())
"""


class Migration(migrations.Migration):

    dependencies = [
        ('kernel', '0009_journals_of_reads'),
    ]

    operations = [
        migrations.AddField('auditjournal', 'home', models.TextField(default=''), preserve_default=False),
        migrations.AddField('auditjournal', 'place', models.TextField(default=''), preserve_default=False),
        migrations.AddField('auditjournal', 'over', models.BooleanField(default=False)),
        migrations.RunSQL(HERE, migrations.RunSQL.noop),
    ]
