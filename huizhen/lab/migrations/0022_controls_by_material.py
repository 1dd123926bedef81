from django.db import migrations, models

# Of controls that were run before, as of those that come: the longest target that their code begins with.
MATERIALS = """
ALTER TABLE lab_controlrun DISABLE TRIGGER USER;
UPDATE lab_controlrun c
   SET material = coalesce((SELECT t.lot FROM lab_controltarget t
                             WHERE t.item_id = c.item_id AND starts_with(c.lot, t.lot)
                             ORDER BY length(t.lot) DESC LIMIT 1), c.lot);
ALTER TABLE lab_controlrun ENABLE TRIGGER USER;
"""

class Migration(migrations.Migration):

    dependencies = [
        ('lab', '0021_mixed_tubes_release_only_negative'),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name='controlrun',
            name='control_last',
        ),
        migrations.AddField(
            model_name='controlrun',
            name='material',
            field=models.CharField(blank=True, max_length=60),
        ),
        migrations.RunSQL(MATERIALS, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name='controlrun',
            index=models.Index(fields=['instrument_id', 'item', 'material', '-at', '-id'], name='control_last'),
        ),
        migrations.AddIndex(
            model_name='controlrun',
            index=models.Index(condition=models.Q(('in_control', False), ('kind', 'control')), fields=['instrument_id', 'at'], name='control_out'),
        ),
    ]
