"""Blinding: words that are compared and never read again are kept as hashes that only this installation can make."""

import hashlib
import hmac

from flask import current_app


def blinded(purpose: str, *words: str) -> bytes:
    """The words' hash under SECRET_KEY, another one for every purpose.

    A plain hash would do for a token; an address or an email is so easily guessed that the hash needs a key.
    """
    said = "\x1f".join((purpose, *words)).encode(errors="surrogatepass")
    return hmac.new(current_app.secret_key.encode(), said, hashlib.sha256).digest()
