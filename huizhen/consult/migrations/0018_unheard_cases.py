import django.db.models.deletion
from django.db import migrations, models

from huizhen.kernel import migrating


# What nobody was there to take, and still waits.
WAITING = """
INSERT INTO consult_unheard (case_id)
SELECT DISTINCT c.id FROM kernel_case c
  JOIN kernel_caseevent e ON e.case_id = c.id AND e.kind IN ('consult.joint.duty_empty', 'consult.joint.duty_unanswered')
 WHERE c.closed_at IS NULL AND c.urgency = 'urgent'
   AND NOT EXISTS (SELECT FROM consult_ring r WHERE r.case_id = c.id AND r.state IN ('ringing', 'taken'))
"""

class Migration(migrating.Migration):

    dependencies = [
        ('consult', '0017_one_family_link_of_a_phone'),
        ('kernel', '0009_journals_of_reads'),
    ]

    operations = [
        migrations.CreateModel(
            name='Unheard',
            fields=[
                ('case', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='+', serialize=False, to='kernel.case')),
            ],
        ),
        migrations.RunSQL(WAITING, migrations.RunSQL.noop),
    ]
