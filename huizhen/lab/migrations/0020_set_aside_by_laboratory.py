from django.db import migrations

# What is set aside is a case of its own for each laboratory: the subjects of cases that are there name theirs, so that
# none is closed and opened anew for that.
NAMED = r"""
UPDATE lab_trouble
   SET subject = left(regexp_replace(subject,
           '^((barcode_unreadable|barcode_unknown|not_understood|run_failed):'
           || '(no_specimen|unknown_specimen|foreign_specimen|voided|unknown_code|failed):)',
           '\1' || laboratory_id || ':'), 160)
 WHERE subject ~ ('^(barcode_unreadable|barcode_unknown|not_understood|run_failed):'
           || '(no_specimen|unknown_specimen|foreign_specimen|voided|unknown_code|failed):')
"""


class Migration(migrations.Migration):

    dependencies = [
        ('lab', '0019_words_of_platforms'),
    ]

    operations = [
        migrations.RunSQL(NAMED, migrations.RunSQL.noop),
    ]
