"""The letter that travels with a referral: set in type and signed, as a report is. No database."""
