"""Who sees a patient's record in the portal: by a link of the clinic's or the patient's own, never by itself."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.orm import object_session
from uuid_utils.compat import uuid7

from clinic import jobs, walltime
from clinic.actions import accounts, emails, user_tokens
from clinic.actions.acting import Refused, action, audit, in_its_own_transaction
from clinic.db import now, word
from clinic.models.accounts import Membership, Role, TokenPurpose, User, UserStatus, UserToken
from clinic.models.audit import Decision
from clinic.models.organizations import Clinic
from clinic.models.patients import Patient, PatientAccess
from clinic.models.people import Relation
from clinic.scope import Scope

LINK_DAYS = 7
# After so many wrong dates of birth a link is worth nothing any more.
MOST_TRIES = 5
OF_AGE = 18
NO_LONGER = word("This link no longer works. Please call the clinic.")
MOST_DAYS = 365
# Both are told so long before an access ends.
NOTICE_DAYS = 30
LIVE = sa.or_(PatientAccess.until.is_(None), PatientAccess.until > sa.func.now())
ENDLESS = UserToken.access_until.is_(None)
OPEN = (
    UserToken.purpose == TokenPurpose.CONNECT_PATIENT, UserToken.used_at.is_(None), UserToken.expires_at > sa.func.now()
)  # fmt: skip


def last_day(patient, relation, today: date) -> date | None:
    """The last day on which somebody may see the record as this, on the clinic's calendar; None is for ever.

    Whoever acts for a child does so until the day before it is of age.
    """
    if relation == Relation.SELF:
        return None
    a_year = today + timedelta(days=MOST_DAYS)
    of_age = _birthday(patient.date_of_birth, OF_AGE)
    if relation == Relation.PARENT or (relation == Relation.GUARDIAN and of_age > today):
        return of_age - timedelta(days=1)
    return a_year


def _birthday(born, years):
    try:
        return born.replace(year=born.year + years)
    except ValueError:
        # Born on the 29th of February: the day after the 28th.
        return date(born.year + years, 3, 1)


@action
def invite(patient, *, by, email, relation, until_on=None, token_hash):
    """Write the link by which somebody comes to see the patient's record; an earlier one for the same address ends.

    ``until_on`` is the last day of the access on the clinic's calendar; the longest there is where none is named.
    """
    session = object_session(patient)
    email = emails.normal(email)
    if email is None:
        raise Refused("Write an email address like name@example.org.", field="email")
    zone = ZoneInfo(session.get(Clinic, patient.clinic_id).timezone)
    until = _until(patient, relation, until_on, zone)
    _not_yet_connected(session, patient, email, relation)
    _end_links(session, patient, email)
    link = UserToken(
        clinic_id=patient.clinic_id, purpose=TokenPurpose.CONNECT_PATIENT, new_email=email, patient_id=patient.id,
        relation=relation, access_until=until, token_hash=token_hash,
        **user_tokens.by_the_databases_clock(LINK_DAYS * 24 * 60),
    )  # fmt: skip
    session.add(link)
    session.flush()
    jobs.put(session, "connections.invite", clinic_id=patient.clinic_id, token_id=link.id)
    return link


def _until(patient, relation, until_on, zone) -> datetime | None:
    if patient.merged_into_id or patient.erased_at or patient.deleted_at:
        raise Refused("This record cannot be opened in the portal.")
    if patient.date_of_birth is None:
        raise Refused("Write down the date of birth first: whoever opens the link is asked for it.")
    today = walltime.today(zone)
    longest = last_day(patient, relation, today)
    if longest is None:
        return None
    if longest < today:
        raise Refused("The patient is of age. Choose another relation.", field="relation")
    if until_on and not today <= until_on <= longest:
        raise Refused("Choose a day up to %(day)s.", field="until_on", day=longest.isoformat())
    after = (until_on or longest) + timedelta(days=1)
    return datetime.combine(after, time(), zone)


def _not_yet_connected(session, patient, email, relation):
    for access, known in accesses(session, patient):
        if known.email == email and (access.is_own or access.relation == relation):
            raise Refused("This person sees the record in the portal already.", field="email")
        if access.is_own and relation == Relation.SELF:
            raise Refused("The patient sees the record already, as %(email)s. End that first.", email=known.email)


def accesses(session, patient):
    """Who sees the patient's record now: rows of access and user, the patient first."""
    return session.execute(
        sa.select(PatientAccess, User)
        .join(User, User.id == PatientAccess.user_id)
        .where(PatientAccess.patient_id == patient.id, LIVE)
        .order_by(PatientAccess.relation != Relation.SELF, PatientAccess.created_at)
    ).all()


@action
def write_second_link(link, token_hash, *, by):
    """Write the same invitation's other link, the one that is mailed; an earlier mailed one ends."""
    session = object_session(link)
    _end_links(session, link, link.new_email, but=link.id)
    mailed = UserToken(
        clinic_id=link.clinic_id, purpose=link.purpose, new_email=link.new_email, patient_id=link.patient_id,
        relation=link.relation, access_until=link.access_until, tries=link.tries, token_hash=token_hash,
        expires_at=link.expires_at,
    )  # fmt: skip
    session.add(mailed)
    return mailed


def _same(link_or_patient, email, but=None):
    """Every open link of one invitation: of one address to one patient's record."""
    patient_id = getattr(link_or_patient, "patient_id", None) or link_or_patient.id
    return sa.and_(
        UserToken.clinic_id == link_or_patient.clinic_id, UserToken.patient_id == patient_id,
        UserToken.new_email == email, UserToken.id.is_distinct_from(but), *OPEN,
    )  # fmt: skip


def _end_links(session, link_or_patient, email, but=None):
    session.execute(
        sa.update(UserToken).where(_same(link_or_patient, email, but)).values(used_at=sa.func.now()),
        execution_options={"synchronize_session": False},
    )


@action
def withdraw(link, *, by):
    """End an invitation that nobody has taken up, with all its links."""
    _end_links(object_session(link), link, link.new_email)
    return link


def found(session, token_hash, lock=False):
    """The link with this token while it can be used and its clinic is open, else None."""
    wanted = (
        sa.select(UserToken)
        .join(Clinic, Clinic.id == UserToken.clinic_id)
        .where(
            UserToken.token_hash == token_hash,
            *OPEN,
            sa.or_(ENDLESS, UserToken.access_until > sa.func.now()),
            Clinic.closed_at.is_(None),
        )
        .execution_options(populate_existing=True)
    )
    return session.scalars(wanted.with_for_update(of=UserToken) if lock else wanted).one_or_none()


def prove(session, link, born: date, *, by) -> int | None:
    """Whether this is the patient's date of birth: None if it is, else how many tries are left.

    A wrong one counts whatever becomes of the request, for every link of the invitation; the last one ends them all.
    """
    patient_id, same, by = link.patient_id, _same(link, link.new_email), replace(by, clinic_id=link.clinic_id)
    scope = Scope.portal(link.clinic_id, by.user_id, {patient_id})
    with in_its_own_transaction(session, scope) as own:
        links = own.scalars(sa.select(UserToken).where(same).order_by(UserToken.id).with_for_update()).all()
        if not links or own.scalar(sa.select(Patient.date_of_birth).where(Patient.id == patient_id)) == born:
            return None if links else 0
        tries = max(each.tries for each in links) + 1
        for each in links:
            each.tries = tries
            each.used_at = sa.func.now() if tries >= MOST_TRIES else None
        refused = {"decision": Decision.REFUSED, "details": {"tries": tries}}
        audit(own, "connections.prove", by=by, resource=("patients", patient_id), **refused)
    session.info["refusal"] = "connections.prove"
    return max(MOST_TRIES - tries, 0)


def account_of(session, link):
    """The account with the invited address, or None."""
    return session.scalars(sa.select(User).where(User.email == link.new_email)).one_or_none()


def take_up(session, link, *, by, password_hash=None, **names):
    """See the record from now on: with a first password, or, for somebody who has one, signed in as themselves.

    Returns the user. The session's scope is that of the patient already.
    """
    # One after the other: of all who use the links of one invitation at once, one gets in.
    patient = session.get(Patient, (link.clinic_id, link.patient_id), with_for_update=True)
    link = found(session, link.token_hash, lock=True)
    if link is None or patient is None or patient.merged_into_id or patient.erased_at:
        raise Refused(NO_LONGER)
    user = _as_themselves(session, link, password_hash, names, by=by)
    # An account that was made just now is entered like any other: as the person it is.
    session.enter(Scope.portal(link.clinic_id, user.id, {patient.id}))
    by = replace(by, user_id=user.id, role=Role.PATIENT.value, clinic_id=link.clinic_id)
    accept(link, patient, user, by=by)
    emails.ask_to_verify(session, user, by=by)
    return user


@action
def accept(link, patient, user, *, by):
    """Give the person the access that the link tells of; every link of the invitation ends."""
    session = object_session(link)
    _become_patient(session, link, user)
    _give(session, patient, user, link)
    link.user_id = user.id
    session.flush()
    _end_links(session, link, link.new_email)
    return link


def _as_themselves(session, link, password_hash, names, *, by):
    user = account_of(session, link)
    if user is None and password_hash:
        user = accounts.user_with(session, link.new_email, **names)
    if user is None or (not user.password_hash and not password_hash):
        raise Refused("Choose a password first.", field="password")
    session.refresh(user, with_for_update=True)
    if user.status != UserStatus.ACTIVE:
        raise Refused(NO_LONGER)
    if not user.password_hash:
        user.password_hash, user.password_changed_at = password_hash, sa.func.now()
        user.first_name = user.first_name or names.get("first_name")
        user.last_name = user.last_name or names.get("last_name")
    elif by.user_id != user.id:
        raise Refused("Sign in first: you have a password already.")
    return user


def _become_patient(session, link, user):
    held = session.scalars(
        sa.select(Membership).where(Membership.user_id == user.id, Membership.role == Role.PATIENT)
    ).one_or_none()
    if held is None:
        session.add(Membership(clinic_id=link.clinic_id, user_id=user.id, role=Role.PATIENT))
    elif held.ended_at and link.relation == Relation.CARER:
        # Whom the clinic has shut out, a patient does not let in again.
        raise Refused("This clinic has closed your access. Please call them.")
    else:
        held.ended_at = None


def _give(session, patient, user, link):
    if link.relation == Relation.SELF and any(
        a.is_own and a.user_id != user.id for a, _u in accesses(session, patient)
    ):
        raise Refused(NO_LONGER)
    access = session.scalars(
        sa.select(PatientAccess).where(PatientAccess.patient_id == patient.id, PatientAccess.user_id == user.id)
    ).one_or_none()
    if access is None:
        access = PatientAccess(clinic_id=patient.clinic_id, id=uuid7(), patient_id=patient.id, user_id=user.id)
        session.add(access)
    elif access.is_own and access.is_live:
        return
    access.relation, access.until = link.relation, link.access_until
    notice = link.access_until and link.access_until - timedelta(days=NOTICE_DAYS)
    if notice and notice > now():
        jobs.put(session, "connections.tell_ending", at=notice, clinic_id=patient.clinic_id, access_id=access.id)


@action
def end(access, *, by):
    """End somebody's access to a record, from their next click on; their open links to it end too."""
    session = object_session(access)
    access.until = sa.func.now()
    _end_links(session, access, session.get(User, access.user_id).email)
    return access
