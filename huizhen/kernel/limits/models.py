"""How often somebody tried within the present window."""

from django.db import models


class Attempts(models.Model):
    """A count that ends by itself. `key` is a digest of what is limited and of who tries."""

    key = models.BinaryField(primary_key=True, max_length=32)
    count = models.IntegerField()
    until = models.DateTimeField()

    class Meta:
        indexes = [models.Index(name="attempts_until", fields=["until"])]
