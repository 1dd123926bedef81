"""Every address of the web process."""

from huizhen.config import probes

urlpatterns: list = [*probes.urlpatterns]
