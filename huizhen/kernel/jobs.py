"""The kernel's own housekeeping, by the clock."""

from huizhen.kernel import audit, clock, files, outbox


@outbox.periodic("audit.seal", "* * * * *")
def seal_audit() -> None:
    """Close the chain over the audit entries that are certainly complete."""
    audit.seal(clock.now())


@outbox.periodic("files.clear_expired", "23 * * * *")
def clear_uploads() -> None:
    """Remove uploads that nobody came back to."""
    files.clear_expired(clock.now())
