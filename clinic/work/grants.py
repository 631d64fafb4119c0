"""Jobs about rights held for a while: telling administrators by mail that a record was opened in an emergency."""

from clinic.links import link
from clinic.models.accounts import User
from clinic.models.grants import AccessGrant
from clinic.models.organizations import Clinic
from clinic.work.handlers import handles
from clinic.work.letters import ATTEMPTS, letter, post


@handles("grants.tell", attempts=ATTEMPTS)
def tell(session, *, by, grant_id, user_id):
    """Tell one administrator who opened a record; whose it is and why stands in the clinic, not in the mail."""
    grant, admin = session.get(AccessGrant, (by.clinic_id, grant_id)), session.get(User, user_id)
    if grant is None or admin is None or grant.reviewed_at:
        return
    clinic, doctor = session.get(Clinic, by.clinic_id), session.get(User, grant.user_id)
    post(session, letter(
        "record_opened", to=admin.email, language=admin.language, clinic_name=clinic.name,
        doctor=doctor.name if doctor else "?", link=link("staff.grants.index"),
    ))  # fmt: skip
