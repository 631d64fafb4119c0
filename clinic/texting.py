"""Whether this installation can send text messages, as SMS_URL says."""

from flask import current_app


def sms_is_there() -> bool:
    """Whether text messages can be sent at all; in the trial they are kept where the mails are."""
    config = current_app.config
    return bool(config["SMS_URL"] or (config["MAIL_FOLDER"] and not config["MAIL_URL"]))
