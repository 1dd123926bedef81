import django.db.models.deletion
from django.db import migrations, models

# Whoever has an instrument that names a profile gets all its versions, so that nobody is read otherwise. What no
# instrument names goes to the organisation in whose name its newest version was saved, else to where its maker is
# employed, else to the top of each tree.
OWNERS = """
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE lab_profileversion DISABLE TRIGGER USER;
WITH newest AS (
    SELECT DISTINCT ON (name) name, made_by_id, made_at FROM lab_profileversion ORDER BY name, version DESC
), used AS (
    SELECT DISTINCT n.name, i.organisation_id FROM newest n JOIN lab_instrument i ON i.profile = n.name
), unused AS (
    SELECT n.name, coalesce(
               (SELECT o.id FROM kernel_auditentry e JOIN people_organisation o ON o.id = e.organisation_id
                 WHERE e.action = 'lab.instruments.profile_saved' AND e.at = n.made_at
                   AND e.actor_id IS NOT DISTINCT FROM n.made_by_id
                 ORDER BY e.id LIMIT 1),
               (SELECT a.home_id FROM people_account a WHERE a.id = n.made_by_id)) AS organisation_id
      FROM newest n WHERE n.name NOT IN (SELECT name FROM used)
), owners AS (
    SELECT name, organisation_id FROM used
    UNION SELECT name, organisation_id FROM unused WHERE organisation_id IS NOT NULL
    UNION SELECT u.name, o.id FROM unused u JOIN people_organisation o ON o.parent_id IS NULL
           WHERE u.organisation_id IS NULL
)
INSERT INTO lab_profileversion (id, organisation_id, name, version, text, made_by_id, made_at)
SELECT gen_random_uuid(), o.organisation_id, v.name, v.version, v.text, v.made_by_id, v.made_at
  FROM lab_profileversion v JOIN owners o ON o.name = v.name
 WHERE v.organisation_id IS NULL;
DELETE FROM lab_profileversion WHERE organisation_id IS NULL;
ALTER TABLE lab_profileversion ENABLE TRIGGER USER;
"""
# What a saved version has read says whose it was: that of where the instrument stands, else any copy of the same text.
READ_AS = """
UPDATE lab_rawmessage m SET read_as = m.read_as || ':' || o.owner
  FROM (SELECT i.id, v.name || '@' || v.version AS label, v.made_at,
               (array_agg(v.organisation_id ORDER BY v.organisation_id <> i.organisation_id, v.organisation_id))[1]
               AS owner
          FROM lab_instrument i CROSS JOIN lab_profileversion v
         GROUP BY i.id, v.name, v.version, v.made_at) o
 WHERE m.instrument_id = o.id AND m.read_as = o.label AND m.read_at >= o.made_at
"""

class Migration(migrations.Migration):

    dependencies = [
        ('kernel', '0008_history_of_holidays'),
        ('lab', '0024_values_not_said_any_more'),
        ('people', '0006_history_of_specialties'),
    ]

    operations = [
        migrations.AlterField(
            model_name='rawmessage',
            name='read_as',
            field=models.CharField(blank=True, max_length=120),
        ),
        migrations.RemoveConstraint(
            model_name='profileversion',
            name='profile_version',
        ),
        migrations.AddField(
            model_name='profileversion',
            name='organisation',
            field=models.ForeignKey(db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.organisation'),
        ),
        migrations.RunSQL(OWNERS, migrations.RunSQL.noop),
        migrations.RunSQL(READ_AS, migrations.RunSQL.noop),
        migrations.AlterField(
            model_name='profileversion',
            name='organisation',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.organisation'),
        ),
        migrations.AddConstraint(
            model_name='profileversion',
            constraint=models.UniqueConstraint(fields=('organisation', 'name', 'version'), name='profile_version'),
        ),
    ]
