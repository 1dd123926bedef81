"""A setting that cannot be: one sentence with its name and what fits, before anything starts."""

import subprocess
import sys

import pytest
from django.conf import settings as configured

from huizhen.config import cli, lacking, processes
from huizhen.config.options import OPTIONS, BadOption, option
from tests.faults.running import environment

KEY = "ab" * 32
FLAWS = [
    ("HUIZHEN_KEYS", "nonsense", "takes id:64 hex digits, comma-separated, and key 1 is not like that"),
    ("HUIZHEN_KEYS", f"k1:{KEY},k2:zz", "takes id:64 hex digits, comma-separated, and key 2 is not like that"),
    ("HUIZHEN_KEYS", f"k1:{KEY},k1:{KEY}", "takes at least one id:64 hex digits, and each id only once"),
    ("HUIZHEN_KEYS", "", "takes at least one id:64 hex digits"),
    ("HUIZHEN_INDEX_KEY", "zz", "takes 64 hex digits"),
    ("HUIZHEN_INDEX_KEY", "abcd", "takes 64 hex digits"),
    ("HUIZHEN_CIPHER", "foo", "takes one of aes, sm4"),
    ("HUIZHEN_SIGNING", "foo", "takes one of demonstration, pkcs12, pkcs11"),
    ("HUIZHEN_FILES_URL", "ftp://x", "takes file:, file:///folder or s3://bucket/prefix"),
    ("HUIZHEN_FILES_URL", "file:///", "takes file:, file:///folder or s3://bucket/prefix"),
    ("HUIZHEN_FILES_URL", "s3://bucket?endpoint=minio", "takes file:, file:///folder or s3://bucket/prefix"),
    ("HUIZHEN_CACHE_URL", "foo", "takes an address such as redis://host:6379/0"),
    ("HUIZHEN_PUBLIC_URL", "huizhen.example", "takes an address such as https://huizhen.example"),
    ("HUIZHEN_TSA_URL", "foo", "takes an address such as https://tsa.example/stamp"),
    ("HUIZHEN_SMS_ENDPOINT", "", "takes an address such as https://dysmsapi.aliyuncs.com"),
    ("HUIZHEN_LOOKUP_REPLICAS", "garbage", "takes postgresql://user:password@host:5432/name"),
    ("HUIZHEN_LOOKUP_REPLICAS", "postgresql://u@h/d,garbage", "takes postgresql://user:password@host:5432/name"),
    ("DATABASE_URL", "postgresql://u@h:abc/d", "takes postgresql://user:password@host:5432/name"),
    ("DATABASE_URL", "mysql://u@h/d", "takes postgresql://user:password@host:5432/name"),
    ("DATABASE_URL", "nonsense", "takes postgresql://user:password@host:5432/name"),
    ("DATABASE_URL", "postgresql://u@h", "takes postgresql://user:password@host:5432/name"),
    ("DATABASE_URL", "", "takes postgresql://user:password@host:5432/name"),
    ("HUIZHEN_WEB_PORT", "99999", "takes a whole number from 1 to 65535"),
    ("HUIZHEN_WEB_PORT", "0", "takes a whole number from 1 to 65535"),
    ("HUIZHEN_WEB_PORT", "abc", "takes a whole number from 1 to 65535"),
    ("HUIZHEN_DICOM_PORT", "-1", "takes a whole number from 0 to 65535"),
    ("HUIZHEN_WEB_WORKERS", "0", "takes a whole number of 1 or more"),
    ("HUIZHEN_LOOKUP_WORKERS", "1.5", "takes a whole number of 1 or more"),
    ("HUIZHEN_EMERGENCY_HOURS", "25", "takes a number from 0.1 to 24"),
    ("HUIZHEN_LIVE_HEARTBEAT", "nan", "takes a number of 0.1 or more"),
    ("HUIZHEN_DICOM_AE_TITLE", "SEVENTEEN_LETTERS", "takes 1 to 16 plain letters, digits or signs"),
    ("HUIZHEN_DICOM_AE_TITLE", " ", "takes 1 to 16 plain letters, digits or signs"),
    ("HUIZHEN_VAR", "", "takes a folder, such as /var/lib/huizhen"),
]
GOOD = [
    ("HUIZHEN_KEYS", f"k2:{KEY}, k1:{'cd' * 32}"),
    ("HUIZHEN_FILES_URL", "file:"),
    ("HUIZHEN_FILES_URL", "file:///srv/files"),
    ("HUIZHEN_FILES_URL", "s3://bucket/prefix?endpoint=http://127.0.0.1:9000&region=cn"),
    ("HUIZHEN_CACHE_URL", "rediss://:word@host:6379/0"),
    ("HUIZHEN_CACHE_URL", "unix:///run/valkey.sock?db=0"),
    ("HUIZHEN_LOOKUP_REPLICAS", "postgresql://u:p@a:5432/d, postgres://u@/d?host=/run/postgresql"),
    ("DATABASE_URL", "postgresql://u@/d?host=/run/postgresql&sslmode=require"),
    ("HUIZHEN_DICOM_PORT", "0"),
    ("HUIZHEN_DICOM_AE_TITLE", "SIXTEEN_LETTERS_"),
    ("HUIZHEN_EMERGENCY_HOURS", "0.5"),
]


def read(name: str, text: str) -> object:
    had = OPTIONS[name]
    return option(
        name, had.default, had.about, read=had.read, secret=had.secret, in_demo=had.in_demo, environ={name: text}
    )


@pytest.mark.parametrize(("name", "text", "fits"), FLAWS, ids=[f"{name}={text[:20]}" for name, text, _ in FLAWS])
def test_what_cannot_be_is_named_with_what_fits(name, text, fits):
    with pytest.raises(BadOption) as told:
        read(name, text)
    shown = "(secret)" if OPTIONS[name].secret else repr(text)
    assert str(told.value).startswith(f"{name} is {shown}: {fits}")


@pytest.mark.parametrize(("name", "text"), GOOD)
def test_what_can_be_is_taken(name, text):
    read(name, text)


def test_every_default_can_be_read():
    for name, declared in OPTIONS.items():
        read(name, declared.default)
        read(name, declared.unset({"HUIZHEN_DEMO": "yes"}))


@pytest.mark.parametrize(("mode", "port", "host"), [("yes", "11112", "127.0.0.1"), ("no", "0", "")])
def test_the_demonstration_has_defaults_of_its_own(mode, port, host):
    environ = {"HUIZHEN_DEMO": mode}
    assert OPTIONS["HUIZHEN_DICOM_PORT"].unset(environ) == port
    assert OPTIONS["HUIZHEN_MAIL_HOST"].unset(environ) == host
    assert OPTIONS["HUIZHEN_WEB_PORT"].unset(environ) == "8000"


def test_addresses_with_passwords_are_never_shown():
    assert all(OPTIONS[name].secret for name in ("DATABASE_URL", "HUIZHEN_LOOKUP_REPLICAS", "HUIZHEN_CACHE_URL"))


def test_a_folder_is_meant_from_where_the_program_was_started(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert read("HUIZHEN_VAR", "data/here") == tmp_path / "data" / "here"
    assert read("HUIZHEN_VAR", "/var/lib/huizhen").is_absolute()


@pytest.mark.parametrize("word", ["up", "check-settings", "migrate"])
def test_whatever_is_started_says_it_in_one_sentence(word, tmp_path):
    environ = environment(tmp_path, DATABASE_URL="postgresql://u:hidden@h:abc/d")
    line = [sys.executable, "-m", "huizhen.config.cli", word]
    done = subprocess.run(line, env=environ, cwd=configured.ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == (
        "✗ DATABASE_URL is (secret): takes postgresql://user:password@host:5432/name, or "
        f"postgresql://user@/name?host=/run/postgresql\n→ {cli.SETTINGS_HELP}\n"
    )
    assert list(tmp_path.iterdir()) == []


def test_signing_that_cannot_be_is_said_before_the_first_report(settings, monkeypatch, capsys):
    monkeypatch.setattr(processes, "_become", lambda command: None)
    settings.SIGNING, settings.SIGNING_ROOTS, settings.SIGNING_FOLDER = "demonstration", "", ""
    assert lacking.lacking() == []
    settings.DEMO = False
    processes.web()
    assert "warning: HUIZHEN_SIGNING is `demonstration`, which signs nothing in real use" in capsys.readouterr().err
    settings.SIGNING = "pkcs12"
    assert [sentence.split(": ")[0] for sentence in lacking.lacking()] == [
        "HUIZHEN_SIGNING is `pkcs12` and HUIZHEN_SIGNING_ROOTS is empty",
        "HUIZHEN_SIGNING is `pkcs12` and HUIZHEN_SIGNING_FOLDER is empty",
    ]
    settings.SIGNING_ROOTS = settings.SIGNING_FOLDER = "/etc/huizhen"
    assert lacking.lacking() == []
    settings.SIGNING = "pkcs11"
    assert len(lacking.lacking()) == 2


def test_check_settings_of_a_real_house_says_it_too(tmp_path):
    secrets = {"HUIZHEN_SECRET_KEY": "x" * 60, "HUIZHEN_KEYS": f"k1:{KEY}", "HUIZHEN_INDEX_KEY": KEY}
    environ = environment(tmp_path, HUIZHEN_DEMO="no", **secrets)
    line = [sys.executable, "-m", "huizhen.config.cli", "check-settings"]
    done = subprocess.run(line, env=environ, cwd=configured.ROOT, capture_output=True, text=True, check=True)
    assert "\nwarning: HUIZHEN_SIGNING is `demonstration`" in done.stdout
    assert done.stdout.endswith("\nAll settings are fine for real use, but for these warnings.\n")
