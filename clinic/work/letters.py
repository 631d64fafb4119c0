"""Letters: writing a mail in its reader's language from a template, and handing it over."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid
from pathlib import Path

from flask import current_app, render_template
from flask_babel import force_locale

from clinic.db import now
from clinic.integrations import mail
from clinic.languages import LANGUAGES
from clinic.queries.accounts import places_of
from clinic.work.breakers import tried

# A mail server that is away for an hour has lost nothing.
ATTEMPTS = 20
TRIAL_SENDER = "clinic@localhost"


def letter(name, *, to, language=None, clinic_name=None, link=None, **facts) -> EmailMessage:
    """The mail of the template ``mail/<name>.txt``: its first paragraph is the subject, the rest what people read.

    The words stand in the template once; the HTML is made of the same paragraphs.
    """
    language = language if language in LANGUAGES else current_app.config["LANGUAGE"]
    place = clinic_name or "Clinic"
    subject, *paragraphs = written(f"mail/{name}.txt", language, place=place, link=link, **facts)
    return message_of(subject, paragraphs, to=to, language=language, place=place, link=link)


def written(template, language, **facts) -> list[str]:
    """The template's paragraphs in the language, each on one line."""
    # A name over several lines would be read as a paragraph of ours.
    facts = {key: " ".join(value.split()) if isinstance(value, str) else value for key, value in facts.items()}
    with force_locale(language):
        words = render_template(template, **facts)
    return [" ".join(each.split()) for each in words.split("\n\n") if each.strip()]


def message_of(
    subject, paragraphs, *, to, language, place, link=None, message_id=None, reply_to=None
) -> EmailMessage:  # fmt: skip
    """A mail of these words from this place; ``message_id`` is the same each time that it is sent."""
    place = " ".join(place.split())
    with force_locale(language):
        html = render_template("layouts/mail.html", subject=subject, paragraphs=paragraphs, link=link, place=place)
    message = EmailMessage()
    message["Subject"] = subject
    message["From"] = _sender(place)
    message["To"] = Address(addr_spec=to)
    if reply_to:
        message["Reply-To"] = Address(addr_spec=reply_to)
    message["Date"] = format_datetime(now())
    domain = message["From"].addresses[0].domain
    message["Message-ID"] = f"<{message_id}@{domain}>" if message_id else make_msgid(domain=domain)
    # Nobody's holiday notice comes back to a mailbox that no one reads.
    message["Auto-Submitted"] = "auto-generated"
    message.set_content("\n\n".join(paragraphs) + "\n")
    message.add_alternative(html, subtype="html")
    return message


def _sender(place):
    return Address(display_name=place, addr_spec=current_app.config["MAIL_FROM"] or TRIAL_SENDER)


def post(session, message, name=None):
    """Hand the mail over, once what it speaks of is kept; nothing is locked and no connection held meanwhile.

    Raises MailNotSent, or Resting while the mail server is left alone, upon which the job comes again later, with a
    new link where there is one. ``name`` is the message's own id: in the trial one that comes again is kept once.
    """
    config = current_app.config
    if config["MAIL_URL"]:
        with tried(session, "mail", away=mail.MailNotSent, but=mail.MailRefused):
            mail.send(mail.server_of(config["MAIL_URL"]), message)
        return
    session.commit()
    if not config["MAIL_FOLDER"]:
        raise mail.MailNotSent("there is no MAIL_URL")
    mail.keep(Path(config["MAIL_FOLDER"]), message, name)


def clinic_name_for(session, user_id):
    """The name of somebody's only clinic, or None for those who belong to several or to none."""
    names = {place.name for place in places_of(session, user_id)}
    return names.pop() if len(names) == 1 else None
