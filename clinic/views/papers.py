"""What a patient is given on paper, in words: a referral and an excuse note, as PDF and as a page that prints."""

from io import BytesIO

from flask import render_template, send_file
from flask_babel import force_locale
from flask_babel import gettext as _

from clinic import filters
from clinic.actions.acting import Refused
from clinic.current import current
from clinic.db import db, now, word
from clinic.integrations.pdf import NoFont, letterhead, rendered
from clinic.languages import LANGUAGES, first_of
from clinic.links import link
from clinic.models.excuse_notes import ExcuseKind
from clinic.models.organizations import Clinic

# A browser has fonts of its own; a PDF with empty boxes in a name is worse than none.
WITHOUT_FONT = word(
    "Something on this paper is written in letters for which there is no font here. Print it as a page instead."
)


def referral(found, patient) -> dict:
    """The letter to a specialist: what both its forms are drawn from, in the clinic's language."""
    clinic = _clinic()
    with _spoken(clinic):
        about = [
            (_("Patient"), patient.full_name), (_("Date of birth"), filters.birthday(patient.date_of_birth)),
            (_("Record number"), patient.mrn), (_("Phone"), patient.phone),
            (_("Address"), ", ".join(each for each in _home(patient) if each)),
            (_("Specialty"), found.specialty), (_("How soon"), _(found.priority.label)),
        ]  # fmt: skip
        parts = [(_("Why, and what we ask of you"), found.reason), (_("What else you should know"), found.notes)]
        letter = _letter(clinic, "referral", _("Referral"), about, parts, found) | {
            "to": found.referred_to, "footer": _("Confidential: for whoever it is addressed to.")
        }  # fmt: skip
        return letter | ({"mark": _("Called off: this letter is not needed any more.")} if found.cancelled_at else {})


def excuse_note(note, patient) -> dict:
    """The note: which days, what the patient can do, and how anybody finds out whether it is genuine; not why."""
    clinic = _clinic()
    with _spoken(clinic):
        about = [(_("Patient"), patient.full_name), (_("Date of birth"), filters.birthday(patient.date_of_birth))]
        parts = [(_("What they can and cannot do"), note.restrictions)]
        words = _("Anybody may ask at %(address)s with this code; the answer is these dates.", address=check_address())
        letter = _letter(clinic, "excuse_note", _("Excuse note"), about, parts, note) | {
            "days": _days(note, patient), "code_title": _("Is this note genuine?"), "code_words": words,
            "code": note.code_in_groups if note.is_valid_paper else None,
        }  # fmt: skip
        return letter | ({"mark": _("Withdrawn: this note holds no more.")} if note.withdrawn_at else {})


def check_address() -> str:
    """Where a third party types the code of a note."""
    return link("public.excuse_notes.check")


def pdf(facts):
    """The answer that is the paper as a file; its name says nothing of anybody."""
    try:
        file = BytesIO(rendered(facts["template"], facts, facts["locale"]))
    except NoFont:
        raise Refused(WITHOUT_FONT) from None
    name = facts["template"].replace("_", "-")
    return send_file(file, mimetype="application/pdf", as_attachment=True, download_name=f"{name}.pdf")


def page(facts, done):
    """The same as a page for the browser's printer; ``done`` is where one goes on from there."""
    return render_template(f"print/{facts['template']}.html", paper=facts, done=done)


def _letter(clinic, template, title, about, parts, row):
    written_on = row.sent_at or now()
    return {
        "template": template, "locale": clinic.locale, "letterhead": letterhead(clinic), "title": title,
        "about": [[name, value] for name, value in (*about, (_("Date"), filters.day(written_on))) if value],
        "parts": [[heading, words] for heading, words in parts if words],
        "mark": None if row.sent_at else _("Not sent yet: this is how it will look."),
        "signature": [row.author, clinic.name],
    }  # fmt: skip


def _days(note, patient):
    said = {"name": patient.full_name, "first": filters.day(note.starts_on), "last": filters.day(note.ends_on)}
    if note.kind == ExcuseKind.WORK:
        return _("%(name)s cannot work from %(first)s to %(last)s.", **said)
    if note.kind == ExcuseKind.SCHOOL:
        return _("%(name)s cannot go to school from %(first)s to %(last)s.", **said)
    return _("%(name)s is excused from %(first)s to %(last)s.", **said)


def _home(patient):
    return patient.address_line, " ".join(each for each in (patient.postal_code, patient.city) if each), patient.country


def _clinic():
    """The clinic as a record, with what stands on its paper."""
    return db.session().get(Clinic, current.clinic.id)


def _spoken(clinic):
    return force_locale(first_of(LANGUAGES, clinic.locale) or LANGUAGES[0])
