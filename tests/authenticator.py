"""A security key made of software: it makes passkeys and signs with them as WebAuthn says, or wrongly where asked."""

import hashlib
import json
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

PRESENT, VERIFIED, NEW_KEY = 0x01, 0x04, 0x40


def text(data):
    """Bytes as WebAuthn's JSON writes them."""
    return urlsafe_b64encode(data).rstrip(b"=").decode()


def data(written):
    """What ``text`` wrote, as bytes."""
    return urlsafe_b64decode(written + "=" * (-len(written) % 4))


class Authenticator:
    """One device with one passkey; ``origin``, ``verifies`` and ``count`` may be set to what a test needs."""

    def __init__(self, origin="http://localhost", host="localhost"):
        self.origin, self.host = origin, host
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.credential_id = secrets.token_bytes(32)
        self.verifies, self.count = True, 0

    def make(self, options):
        """Answer a request to make a passkey, as JSON."""
        public = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: public.x.to_bytes(32, "big"), -3: public.y.to_bytes(32, "big")}
        made = bytes(16) + len(self.credential_id).to_bytes(2, "big") + self.credential_id + cbor2.dumps(cose)
        attested = {"fmt": "none", "attStmt": {}, "authData": self._facts(NEW_KEY) + made}
        return self._answer("webauthn.create", options, attestationObject=cbor2.dumps(attested))

    def sign(self, options):
        """Answer a request to sign, as JSON."""
        self.count += 1
        facts = self._facts()
        said = self._said("webauthn.get", options)
        signature = self.key.sign(facts + hashlib.sha256(said).digest(), ec.ECDSA(hashes.SHA256()))
        return self._answer("webauthn.get", options, authenticatorData=facts, signature=signature)

    def _facts(self, flags=0):
        flags |= PRESENT | (VERIFIED if self.verifies else 0)
        return hashlib.sha256(self.host.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big")

    def _said(self, kind, options):
        return json.dumps({"type": kind, "challenge": options["challenge"], "origin": self.origin}).encode()

    def _answer(self, kind, options, **parts):
        response = {"clientDataJSON": self._said(kind, options), **parts}
        return json.dumps({
            "id": text(self.credential_id), "rawId": text(self.credential_id), "type": "public-key",
            "response": {name: text(each) for name, each in response.items()},
        })  # fmt: skip
