"""Emergency access (break glass): a record opened with a reason, for hours, told to the patient, judged in a day."""
