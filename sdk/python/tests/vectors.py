"""Reads the test vectors, which testdata/README.md describes, and signs licences."""

import base64
import dataclasses
import json
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from licseal_verify import TrustedKey, parse_trusted_keys
from licseal_verify._time import parse_time

TESTDATA = Path(__file__).parents[3] / "testdata"


class Vector:
    def __init__(self, path):
        header, self.file = path.read_bytes().split(b"\n\n", 1)
        self.name = path.stem
        self.lines = [line.split(": ", 1) for line in header.decode().split("\n")]

    def all(self, key):
        return [value for name, value in self.lines if name == key]

    def get(self, key, default=None):
        return next(iter(self.all(key)), default)

    def keys(self):
        return [key(kind, value) for kind, value in self.lines if kind in ("ed25519", "p256")]

    def options(self):
        return {"at": self.get("time"), "grace": int(self.get("grace", 0))}


def vectors(folder):
    return [Vector(path) for path in sorted((TESTDATA / folder).glob("*.txt"))]


def wire(*parts):
    return base64.b64encode(b"".join(len(part).to_bytes(4, "big") + part for part in parts)).decode()


def key(kind, value) -> TrustedKey:
    digits, *bounds = value.split(" ")
    point = bytes.fromhex(digits)
    line = "ssh-ed25519 " + wire(b"ssh-ed25519", point)
    if kind == "p256":
        line = "ecdsa-sha2-nistp256 " + wire(b"ecdsa-sha2-nistp256", b"nistp256", point)
    window = dict(bound.split("=") for bound in bounds)
    return dataclasses.replace(parse_trusted_keys(line)[0], **{name: parse_time(time) for name, time in window.items()})


def issue(payload):
    """Returns a licence, whose members are sorted already, and the PEM of its key."""
    private = Ed25519PrivateKey.generate()
    text = json.dumps(payload, separators=(",", ":"))
    signature = private.sign(text.encode()).hex()
    license = f'{{"license":{{"payload":{text},"signature":"{signature}","version":"1"}}}}'
    return license, private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
