import django.contrib.postgres.constraints
import django.contrib.postgres.fields.ranges
from django.db import migrations, models

from huizhen.kernel import clock, crypto, migrating

PHONE = 'consult.family_link.phone'


def fill(apps, schema_editor):
    """Give the links that live their phone's key; of several to one phone the one made last stays."""
    at = clock.now()
    FamilyLink = apps.get_model('consult', 'FamilyLink')
    taken = set()
    for link in FamilyLink.objects.filter(revoked_at=None, expires_at__gt=at).order_by('-made_at', '-id'):
        link.phone_key = crypto.blind(link.phone, purpose=PHONE)
        if (link.application_id, link.phone_key) in taken:
            link.revoked_at = at
        taken.add((link.application_id, link.phone_key))
        link.save(update_fields=['phone_key', 'revoked_at'])


class Migration(migrating.Migration):

    dependencies = [
        ('consult', '0016_open_questions'),
    ]

    operations = [
        migrations.AddField(
            model_name='familylink',
            name='phone_key',
            field=models.BinaryField(max_length=32, null=True),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AddConstraint(
            model_name='familylink',
            constraint=django.contrib.postgres.constraints.ExclusionConstraint(condition=models.Q(('revoked_at__isnull', True)), expressions=[('application', '='), ('phone_key', '='), (models.Func(models.F('made_at'), models.F('expires_at'), models.Value('[)'), function='tstzrange', output_field=django.contrib.postgres.fields.ranges.DateTimeRangeField()), '&&')], name='one_living_family_link'),
        ),
    ]
