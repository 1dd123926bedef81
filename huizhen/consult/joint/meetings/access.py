"""Who may say when they can. Who calls a meeting stands in the flow (`CONVENE`)."""

from huizhen.kernel.access import grant

VOTE = grant("consult:joint:vote", participants=("applicant", "expert", "chair"))
