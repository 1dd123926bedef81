"""Referrals: the patient goes to a hospital after a joint consultation, with a signed letter. See docs/referrals.md."""
