"""Jobs about who sees a record in the portal: the mail of an invitation, and word before an access ends."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from babel.dates import format_date

from clinic.actions import connections
from clinic.actions.tokens import hash_token, new_token
from clinic.languages import LANGUAGES, locale_of
from clinic.links import link
from clinic.models.accounts import User, UserToken
from clinic.models.organizations import Clinic
from clinic.models.patients import Patient, PatientAccess
from clinic.work.handlers import handles
from clinic.work.letters import ATTEMPTS, letter, post


@handles("connections.invite", attempts=ATTEMPTS)
def invite(session, *, by, token_id):
    """Mail an invitation with a link of its own, beside the one that was shown; it says nothing of the patient."""
    shown = session.scalars(sa.select(UserToken).where(UserToken.id == token_id, *connections.OPEN)
                            .with_for_update()).one_or_none()  # fmt: skip
    if shown is None:
        return
    clinic, token = session.get(Clinic, by.clinic_id), new_token()
    known = connections.account_of(session, shown)
    connections.write_second_link(shown, hash_token(token), by=by)
    post(session, letter(
        "see_record", to=shown.new_email, language=known.language if known else None, clinic_name=clinic.name,
        link=link("public.connecting.begin", token=token), days=connections.LINK_DAYS,
    ))  # fmt: skip


@handles("connections.tell_ending", attempts=ATTEMPTS)
def tell_ending(session, *, by, access_id):
    """Tell the patient and who acts for them that the access ends in a month, unless it ended or was given anew.

    Of a patient who has died only the other one hears it: nothing is sent to the account of the dead.
    """
    soon = sa.func.now() + timedelta(days=connections.NOTICE_DAYS)
    access = session.scalars(sa.select(PatientAccess).where(
        PatientAccess.id == access_id, PatientAccess.until > sa.func.now(), PatientAccess.until <= soon
    )).one_or_none()  # fmt: skip
    if access is None:
        return
    clinic, patient = session.get(Clinic, by.clinic_id), session.get(Patient, (by.clinic_id, access.patient_id))
    people = [user for each, user in connections.accesses(session, patient)
              if each.id == access_id or (each.is_own and not patient.is_deceased)]  # fmt: skip
    locale = locale_of(LANGUAGES[0], clinic.locale)
    day = format_date(access.until.astimezone(ZoneInfo(clinic.timezone)), "long", locale=locale)
    letters = [_ending(user, clinic, day) for user in people]
    for each in letters:
        post(session, each)


def _ending(user: User, clinic, day):
    facts = {"to": user.email, "language": user.language, "clinic_name": clinic.name, "day": day}
    return letter("access_ends", link=link("public.home.index"), **facts)
