"""After the report: ratings by applicant and patient, and what became of the advice, told to the experts."""
