"""Questions about a delivered report: asked by applicant, patient or family, answered by the experts, both told."""
