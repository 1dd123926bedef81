from django.db import migrations, models

from huizhen.kernel import migrating


class Migration(migrating.Migration):

    dependencies = [
        ('consult', '0015_papers_that_wait_for_room'),
    ]

    operations = [
        migrations.AddIndex(
            model_name='question',
            index=models.Index(condition=models.Q(('answered_at__isnull', True)), fields=['application'], name='question_open'),
        ),
    ]
