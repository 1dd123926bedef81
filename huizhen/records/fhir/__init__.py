"""A record as FHIR R4: a copy to take along, and a copy from elsewhere taken in. See docs/records.md."""
