"""Database constraints that reach over module borders, for the migrations of this module.

The kernel knows no patients; its cases carry a bare key. This module, which knows both tables, ties them together.
"""

from django.db import migrations

CASE_PATIENT = migrations.RunSQL(
    "ALTER TABLE kernel_case ADD CONSTRAINT kernel_case_patient_fk FOREIGN KEY (patient_id)"
    " REFERENCES records_patient (id) DEFERRABLE INITIALLY DEFERRED",
    "ALTER TABLE kernel_case DROP CONSTRAINT kernel_case_patient_fk",
)

OPERATIONS = [CASE_PATIENT]
