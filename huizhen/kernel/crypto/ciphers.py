"""The two authenticated ciphers: AES-256-GCM, and SM4-GCM (GB/T 32907) with SM3 (GB/T 32905) for derivation.

Nonces are 96 random bits. NIST SP 800-38D §8.3 allows 2³² values under one key that way: rotate well before.
Cipher objects are made once per key and shared by threads; each call has its own context.
"""

import os
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers import Cipher, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.ciphers.algorithms import SM4
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

NONCE_BYTES = 12
TAG_BYTES = 16


class Sealer(Protocol):
    """An authenticated cipher under one key."""

    def seal(self, plain: bytes, bound: bytes) -> bytes:
        """Return nonce, ciphertext and tag."""

    def open(self, sealed: bytes, bound: bytes) -> bytes:
        """Return the plain bytes; raises `InvalidTag`."""


class AesGcm:
    """AES-256-GCM."""

    code = 1

    def __init__(self, ring_key: bytes) -> None:
        self._aead = AESGCM(derive(ring_key, b"huizhen/encrypt/aes-256-gcm", 32, hashes.SHA256()))

    def seal(self, plain: bytes, bound: bytes) -> bytes:
        """Return nonce, ciphertext and tag."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._aead.encrypt(nonce, plain, bound)

    def open(self, sealed: bytes, bound: bytes) -> bytes:
        """Return the plain bytes; raises `InvalidTag`."""
        return self._aead.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound)


class Sm4Gcm:
    """SM4-GCM; its 128-bit key is derived from the ring's 256 bits by HKDF over SM3."""

    code = 2

    def __init__(self, ring_key: bytes) -> None:
        self._algorithm = SM4(derive(ring_key, b"huizhen/encrypt/sm4-gcm", 16, hashes.SM3()))

    def seal(self, plain: bytes, bound: bytes) -> bytes:
        """Return nonce, ciphertext and tag."""
        nonce = os.urandom(NONCE_BYTES)
        context = Cipher(self._algorithm, modes.GCM(nonce)).encryptor()
        context.authenticate_additional_data(bound)
        return nonce + context.update(plain) + context.finalize() + context.tag

    def open(self, sealed: bytes, bound: bytes) -> bytes:
        """Return the plain bytes; raises `InvalidTag`."""
        if len(sealed) < NONCE_BYTES + TAG_BYTES:
            raise InvalidTag
        mode = modes.GCM(sealed[:NONCE_BYTES], sealed[-TAG_BYTES:])
        context = Cipher(self._algorithm, mode).decryptor()
        context.authenticate_additional_data(bound)
        return context.update(sealed[NONCE_BYTES:-TAG_BYTES]) + context.finalize()


CIPHERS: dict[str, type[AesGcm] | type[Sm4Gcm]] = {"aes": AesGcm, "sm4": Sm4Gcm}


def derive(key: bytes, purpose: bytes, length: int, algorithm: hashes.HashAlgorithm) -> bytes:
    """One sub-key for one purpose by HKDF (RFC 5869), so that no key ever does two jobs."""
    return HKDF(algorithm=algorithm, length=length, salt=None, info=purpose).derive(key)
