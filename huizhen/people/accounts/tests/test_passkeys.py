"""Passkeys: an authenticator in software enrols, and opens the house with and without a password."""

import hashlib
import json

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from django.test import Client
from fido2.cose import ES256
from fido2.utils import websafe_encode
from fido2.webauthn import AttestationObject, AttestedCredentialData, AuthenticatorData, CollectedClientData

from huizhen.people.accounts import queries
from huizhen.people.accounts.tests.people import SECOND, fresh_cache, is_in, log_in
from huizhen.people.tests.builders import make_account

__all__ = ["fresh_cache"]
pytestmark = pytest.mark.django_db
HOST, ORIGIN = "localhost", "http://localhost"
ADD, LOGIN = "/account/second-factor/webauthn/add/", "/account/second-factor/webauthn/login/"
PRESENT_AND_VERIFIED = AuthenticatorData.FLAG.UP | AuthenticatorData.FLAG.UV


class Key:
    """A security key with one credential."""

    def __init__(self):
        self.private = ec.generate_private_key(ec.SECP256R1())
        self.id = b"credential-of-a-test-key-0000001"
        self.party = hashlib.sha256(HOST.encode()).digest()
        self.count = 0

    def create(self, challenge):
        client = CollectedClientData.create("webauthn.create", challenge, ORIGIN)
        public = ES256.from_cryptography_key(self.private.public_key())
        credential = AttestedCredentialData.create(b"\0" * 16, self.id, public)
        flags = PRESENT_AND_VERIFIED | AuthenticatorData.FLAG.AT
        data = AuthenticatorData.create(self.party, flags, self.count, credential)
        attestation = AttestationObject.create("none", data, {})
        response = {"attestationObject": websafe_encode(attestation), "clientDataJSON": websafe_encode(client)}
        extensions = {"credProps": {"rk": True}}
        return json.dumps(self.wrap(response) | {"clientExtensionResults": extensions})

    def sign(self, challenge, user_handle=b""):
        self.count += 1
        client = CollectedClientData.create("webauthn.get", challenge, ORIGIN)
        data = AuthenticatorData.create(self.party, PRESENT_AND_VERIFIED, self.count)
        signature = self.private.sign(data + client.hash, ec.ECDSA(hashes.SHA256()))
        response = {
            "authenticatorData": websafe_encode(data),
            "clientDataJSON": websafe_encode(client),
            "signature": websafe_encode(signature),
            "userHandle": websafe_encode(user_handle),
        }
        return json.dumps(self.wrap(response) | {"clientExtensionResults": {}})

    def wrap(self, response):
        name = websafe_encode(self.id)
        return {"type": "public-key", "id": name, "rawId": name, "response": response}


def browser():
    return Client(SERVER_NAME=HOST)


@pytest.fixture
def enrolled():
    account, key = make_account(), Key()
    client = log_in(account, client=browser())
    options = client.get(ADD).context["js_data"]["creation_options"]["publicKey"]
    key.handle = options["user"]["id"]
    form = {"name": "我的钥匙", "passwordless": "on", "credential": key.create(options["challenge"])}
    assert client.post(ADD, form).status_code == 302
    assert queries.has_second_factor(account)
    return account, key


def test_a_passkey_is_a_second_factor(enrolled):
    account, key = enrolled
    client = log_in(account, client=browser())
    assert not is_in(client)
    challenge = client.get(SECOND).context["js_data"]["request_options"]["publicKey"]["challenge"]
    client.post(SECOND, {"credential": key.sign(challenge)})
    assert is_in(client)
    assert client.get("/account/sessions/").status_code == 200


def test_a_passkey_opens_the_house_without_a_password(enrolled):
    account, key = enrolled
    client = browser()
    options = client.get(LOGIN, headers={"Accept": "application/json"}).json()["request_options"]["publicKey"]
    client.post(LOGIN, {"credential": key.sign(options["challenge"], str(account.pk).encode())})
    assert is_in(client)


def test_another_key_does_not(enrolled):
    account, _key = enrolled
    client = log_in(account, client=browser())
    challenge = client.get(SECOND).context["js_data"]["request_options"]["publicKey"]["challenge"]
    client.post(SECOND, {"credential": Key().sign(challenge)})
    assert not is_in(client)
