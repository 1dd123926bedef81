"""Fixtures of the browser tests: a Chromium for each file, and the site without a database behind it."""

import os
from collections.abc import Iterator

import pytest
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.test.testcases import LiveServerThread
from playwright.sync_api import Browser, expect, sync_playwright

from tests.browser import chromium

PATIENCE = 30_000  # milliseconds; a loaded machine is slow and still right


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for the tests of a file; each opens its own context in it. It ends with the file, because
    Playwright's loop runs in this thread, where later tests have loops of their own."""
    # While it runs, Django would take everything here for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "yes"
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        started = chromium.launch(playwright)
        yield started
        started.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture(scope="session")
def site() -> Iterator[str]:
    """The address of a running console, for pages that need no data. With data, use pytest-django's `live_server`."""
    thread = LiveServerThread("127.0.0.1", StaticFilesHandler, connections_override={})
    thread.daemon = True
    thread.start()
    thread.is_ready.wait()
    if thread.error:
        raise thread.error
    yield f"http://127.0.0.1:{thread.port}"
    thread.terminate()
