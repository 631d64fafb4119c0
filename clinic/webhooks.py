"""What outside services call: proven by its signature, where a form has its token, before anything else happens.

A route says by ``signed=`` whose signature it asks for; one that does not bear it is answered 401 and changes nothing.
"""

from urllib.parse import unquote, urlsplit

from flask import current_app, request

from clinic.integrations import sms


def _of_sms():
    """As Twilio signs: the address people know of us, whatever a proxy made of it, and the form's fields."""
    config = current_app.config
    secret = config["SMS_TOKEN"] or unquote(urlsplit(config["SMS_URL"]).password or "")
    given = request.headers.get("X-Twilio-Signature", "")
    if not secret or not given:
        return False
    address = config["PUBLIC_URL"] + request.full_path.rstrip("?")
    fields = {name: request.form.getlist(name) for name in request.form}
    # Which algorithm is our setting; what the request says of it could ask for a weaker one.
    return sms.is_signed(given, secret, address, fields, config["SMS_SIGNED"])


VERIFIERS = {"sms": _of_sms}


def is_signed(service) -> bool:
    """Whether this request bears the service's signature."""
    return VERIFIERS[service]()
