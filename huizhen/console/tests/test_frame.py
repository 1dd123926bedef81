"""The frame: headers, navigation, error pages, assets."""

import json

import pytest
from django.http import HttpRequest
from django.test import Client, RequestFactory

from huizhen.console import assets, errors
from huizhen.console.frame import PLACES, live_url, places_for
from huizhen.console.middleware import Refusals, policy_for
from huizhen.kernel.access import NotAllowed, NotVisible

HOST = "localhost:8000"


def test_the_policy_allows_nothing_inline() -> None:
    policy = policy_for("ws://localhost:8001/ws")
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "connect-src 'self' ws://localhost:8001/ws" in policy


def test_every_answer_carries_the_headers() -> None:
    answer = Client(HTTP_HOST=HOST).get("/styleguide/")
    assert answer.status_code == 200
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin"
    assert answer["Referrer-Policy"] == "same-origin"
    assert answer["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    ("host", "secure", "url"),
    [
        ("localhost:8000", False, "ws://localhost:8001/ws"),
        ("huizhen.example", True, "wss://huizhen.example/ws"),
        ("[::1]:8000", False, "ws://[::1]:8001/ws"),
    ],
)
def test_where_the_live_process_is(host: str, secure: bool, url: str, settings) -> None:
    settings.WEB_PORT, settings.LIVE_PORT, settings.ALLOWED_HOSTS = 8000, 8001, ["*"]
    assert live_url(RequestFactory().get("/", secure=secure, HTTP_HOST=host)) == url


def test_navigation_shows_each_person_their_own_places() -> None:
    assert "/consult/joint/new/" in [place.href for place in places_for("staff", frozenset({"applicant"}))]
    assert "/consult/joint/new/" not in [place.href for place in places_for("staff", frozenset({"expert"}))]
    assert [place.href for place in places_for("staff", frozenset({"audit_admin"}))] == [
        "/records/emergencies/",
        "/admin/",
    ]
    assert all(place.href.startswith("/me/") for place in places_for("patient", frozenset()))
    assert [place.href for place in PLACES if place.holds("/me/access/")] == ["/me/access/"]


@pytest.mark.parametrize("status", [*errors.PAGES, 419])
@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_error_pages_say_what_happened_what_was_kept_and_what_to_do(status: int, language: str) -> None:
    client = Client(HTTP_HOST=HOST)
    client.cookies["django_language"] = language
    answer = client.get(f"/styleguide/errors/{status}/")
    assert answer.status_code == (403 if status == 419 else status)
    text = answer.content.decode()
    assert text.count("<dt>") == 4
    assert answer["X-Request-ID"] in text
    assert ("发生了什么" in text) == (language == "zh-hans")


def test_a_lost_page_is_ours() -> None:
    answer = Client(HTTP_HOST=HOST).get("/nowhere/")
    assert answer.status_code == 404
    assert "data-error-page" in answer.content.decode()


@pytest.mark.parametrize(("refusal", "status"), [(NotVisible(), 404), (NotAllowed("a:b:c"), 403), (ValueError(), None)])
def test_refusals_become_pages(refusal: Exception, status: int | None) -> None:
    answer = Refusals(lambda request: None).process_exception(RequestFactory().get("/"), refusal)
    assert (answer.status_code if answer else None) == status


@pytest.mark.django_db
def test_a_part_of_a_page_never_becomes_the_log_in_form_inside_it() -> None:
    """Nobody's session: a panel that looks again, a message that is sent. The whole page goes to log in, and back."""
    headers = {"HX-Request": "true", "HX-Current-URL": f"http://{HOST}/inbox/?after=1"}
    for answer in (
        Client(HTTP_HOST=HOST).get("/inbox/", headers=headers),
        Client(HTTP_HOST=HOST).post("/inbox/read/", headers=headers),
    ):
        assert answer.status_code == 401
        assert not answer.content
        assert answer["HX-Redirect"] == "/account/login/?next=%2Finbox%2F%3Fafter%3D1"
    assert Client(HTTP_HOST=HOST).get("/inbox/").status_code == 302


def test_assets_come_from_the_manifest(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(assets, "FOLDER", tmp_path)
    assert assets.entry("main.ts") is None
    manifest = {"src/main.ts": {"file": "assets/main.0.js", "css": ["assets/main.0.css"]}}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    assert assets.entry("main.ts") == assets.Entry(("assets/main.0.js",), ("assets/main.0.css",))
    with pytest.raises(KeyError):
        assets.entry("other.ts")


def test_a_page_without_built_assets_is_still_readable(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr(assets, "FOLDER", tmp_path)
    answer = errors.respond(HttpRequest(), 503)
    assert "console assets are not built" in answer.content.decode()
