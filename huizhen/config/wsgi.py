"""The web process's entry point."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "huizhen.config.settings")
application = get_wsgi_application()
# What is loaded by now stays for ever, and what a request leaves behind is mostly freed by counting: the collector
# looks less often, and never through all of that again. A twelfth of the work of a write.
gc.collect()
gc.freeze()
gc.set_threshold(10_000, 20, 50)
