"""Sealed bytes open where they belong and nowhere else, under both ciphers and every key of the ring."""

import pytest
from django.core.exceptions import ImproperlyConfigured
from hypothesis import given
from hypothesis import strategies as st

from huizhen.kernel import crypto
from huizhen.kernel.crypto import Unreadable
from huizhen.kernel.crypto.ring import ring

OLD, NEW = "old:" + "aa" * 32, "new:" + "bb" * 32


@pytest.fixture(params=["aes", "sm4"])
def cipher(request, settings):
    settings.CIPHER = request.param
    return request.param


class TestRoundTrip:
    @given(plain=st.binary(max_size=300), bound=st.binary(max_size=60))
    def test_aes(self, plain, bound):
        assert crypto.decrypt(crypto.encrypt(plain, bound=bound), bound=bound) == plain

    @given(plain=st.binary(max_size=300), bound=st.binary(max_size=60))
    def test_sm4(self, plain, bound):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("django.conf.settings.CIPHER", "sm4")
            assert crypto.decrypt(crypto.encrypt(plain, bound=bound), bound=bound) == plain


def test_any_changed_byte_is_noticed(cipher):
    sealed = crypto.encrypt("阳性".encode(), bound=b"here")
    for place in range(len(sealed)):
        changed = sealed[:place] + bytes((sealed[place] ^ 1,)) + sealed[place + 1 :]
        with pytest.raises(Unreadable):
            crypto.decrypt(changed, bound=b"here")


def test_any_truncation_is_noticed(cipher):
    sealed = crypto.encrypt(b"x", bound=b"here")
    for length in range(len(sealed)):
        with pytest.raises(Unreadable):
            crypto.decrypt(sealed[:length], bound=b"here")


def test_does_not_open_elsewhere(cipher):
    with pytest.raises(Unreadable):
        crypto.decrypt(crypto.encrypt(b"x", bound=b"here"), bound=b"there")


def test_nothing_is_sealed_twice_the_same(cipher):
    assert len({crypto.encrypt(b"x", bound=b"") for _ in range(500)}) == 500


def test_old_keys_open_and_new_keys_seal(settings, cipher):
    settings.KEY_RING = [OLD]
    sealed = crypto.encrypt(b"x", bound=b"")
    settings.KEY_RING = [NEW, OLD]
    assert crypto.decrypt(sealed, bound=b"") == b"x"
    assert not crypto.is_current(sealed)
    assert crypto.is_current(crypto.encrypt(b"x", bound=b""))
    settings.KEY_RING = [NEW]
    with pytest.raises(Unreadable):
        crypto.decrypt(sealed, bound=b"")


def test_a_change_of_cipher_leaves_old_values_readable(settings):
    sealed = crypto.encrypt(b"x", bound=b"")
    settings.CIPHER = "sm4"
    assert crypto.decrypt(sealed, bound=b"") == b"x"
    assert not crypto.is_current(sealed)


def test_a_wrong_key_of_the_same_name_does_not_open(settings):
    settings.KEY_RING = ["k:" + "aa" * 32]
    sealed = crypto.encrypt(b"x", bound=b"")
    settings.KEY_RING = ["k:" + "ab" * 32]
    with pytest.raises(Unreadable):
        crypto.decrypt(sealed, bound=b"")


@pytest.mark.parametrize("entries", [[], ["k"], ["k:"], ["k:zz"], ["k:" + "aa" * 31], [":" + "aa" * 32], [OLD, OLD]])
def test_a_bad_ring_is_refused_without_showing_it(settings, entries):
    settings.KEY_RING = entries
    with pytest.raises(ImproperlyConfigured) as refused:
        ring()
    assert "aaaa" not in str(refused.value)


def test_an_unknown_cipher_is_refused(settings):
    settings.CIPHER = "rot13"
    with pytest.raises(ImproperlyConfigured):
        ring()


class TestBlindIndex:
    def test_equal_values_meet_within_a_purpose_only(self, cipher):
        assert crypto.blind("138", purpose="phone") == crypto.blind("138", purpose="phone")
        assert crypto.blind("138", purpose="phone") != crypto.blind("138", purpose="identity")
        assert crypto.blind("138", purpose="phone") != crypto.blind("139", purpose="phone")
        assert len(crypto.blind("138", purpose="phone")) == 32

    def test_depends_on_its_key(self, settings, cipher):
        before = crypto.blind("138", purpose="phone")
        settings.INDEX_KEY = "22" * 32
        assert crypto.blind("138", purpose="phone") != before

    def test_survives_a_rotation(self, settings):
        before = crypto.blind("138", purpose="phone")
        settings.KEY_RING = [NEW, OLD]
        assert crypto.blind("138", purpose="phone") == before

    def test_a_bad_key_is_refused(self, settings):
        settings.INDEX_KEY = "short"
        with pytest.raises(ImproperlyConfigured):
            crypto.blind("138", purpose="phone")
