"""What an administrator does with a whole record: hold it, copy it, ask for it to be erased."""

from clinic.access import GuardedBlueprint, Permission
from clinic.actions import erasures as verbs
from clinic.current import current
from clinic.db import db
from clinic.forms.keeping import ReasonForm
from clinic.htmx import again
from clinic.htmx import show as answer
from clinic.openings import listed
from clinic.queries import keeping as asked
from clinic.views.staff import own_patients

bp = GuardedBlueprint("keeping", __name__, face="staff", url_prefix="/keeping")
PAGE = "staff/keeping/show.html"

known = own_patients.patient


@bp.get("", needs=Permission.PATIENTS_KEEP, shows="patients")
def index():
    """Every record that is held, and every request to erase that waits for an answer."""
    holds, erasures = asked.live_holds(db.session()), asked.open_erasures(db.session())
    listed(each.patient_id for each in (*holds, *erasures) if each.patient_id)
    return answer("staff/keeping/index.html", holds=holds, erasures=erasures)


@bp.get("/<uuid:patient_id>", needs=Permission.PATIENTS_KEEP, fresh=True, shows="patients")
def show(patient_id):
    """What holds this record, whether it is to be erased, and the way to a copy."""
    return answer(PAGE, **facts(known(patient_id)))


def facts(patient, hold_form=None, erasure_form=None):
    """What the page of one record shows."""
    session = db.session()
    erasure, others = asked.erasure_of(session, patient.id), asked.other_admins(session, current.user.id)
    return {
        "patient": patient, "hold": asked.live_hold(session, patient.id), "erasure": erasure, "others": others,
        "may_confirm": erasure and verbs.may_confirm(erasure, others, by=current.actor),
        "hold_form": hold_form or ReasonForm(prefix="hold", formdata=None),
        "erasure_form": erasure_form or ReasonForm(prefix="erasure", formdata=None),
    }  # fmt: skip


def once_more(patient, status=422, **forms):
    """The page again, with everything typed still there."""
    return again(PAGE, status=status, **facts(patient, **forms))
