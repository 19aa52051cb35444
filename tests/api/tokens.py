"""Taking access tokens apart and forging new ones."""

import base64
import hashlib
import hmac
import json

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

import stores


def b64(data):
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def unb64(text):
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


def parts(token):
    """The three parts as text."""
    return token.split(".")


def header(token):
    return json.loads(unb64(parts(token)[0]))


def claims(token):
    return json.loads(unb64(parts(token)[1]))


def compact(value):
    """JSON text of a value; text and bytes are taken as they are, for what json cannot write."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, str):
        return value.encode()
    return json.dumps(value, separators=(",", ":")).encode()


def assemble(head, payload, sign):
    """A token of a header and claims, signed by sign(bytes)."""
    signed = f"{b64(compact(head))}.{b64(compact(payload))}"
    return f"{signed}.{b64(sign(signed.encode()))}"


def hmac_signer(key, digest=hashlib.sha256):
    return lambda data: hmac.new(key, data, digest).digest()


def nothing(_data):
    return b""


# --- the server's own key, from its database ------------------------------------------------------


def stored_key(database):
    """The newest private key in the database at that URL."""
    return serialization.load_der_private_key(stores.peek(database).newest_key(), None)


def raw_ecdsa(key, data, digest=None):
    """An ES256 signature as the numbers (r, s)."""
    return decode_dss_signature(key.sign(data, ec.ECDSA(digest or hashes.SHA256())))


def raw_bytes(r, s, size=32):
    return r.to_bytes(size, "big") + s.to_bytes(size, "big")


def signer(key):
    """The right way to sign with that key: what the server does itself."""
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return lambda data: raw_bytes(*raw_ecdsa(key, data))
    if isinstance(key, ed25519.Ed25519PrivateKey):
        return key.sign
    assert isinstance(key, rsa.RSAPrivateKey)
    return lambda data: key.sign(data, padding.PKCS1v15(), hashes.SHA256())


def public_forms(key, jwk):
    """What an attacker may take for a MAC key: the public key in every form it is published in."""
    public = key.public_key()
    pem = public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    der = public.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    forms = {"pem": pem, "pem-bare": pem.strip(), "der": der}
    forms["jwk"] = json.dumps(jwk).encode()
    forms["jwk-compact"] = compact(jwk)
    forms["jwk-spki"] = der[-65:]
    return forms
