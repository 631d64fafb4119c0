"""What a patient's record says of their health: allergies, conditions, vaccinations, procedures, measured values."""

from clinic.access import GuardedBlueprint, Permission
from clinic.current import current
from clinic.db import db
from clinic.htmx import show
from clinic.openings import listed
from clinic.queries import allergies, conditions, immunizations, portal_offers, procedures
from clinic.views import measurement_words
from clinic.views.measurement_charts import SPANS, charts_of, span_asked
from clinic.views.portal.record import chosen, tabs

bp = GuardedBlueprint("health", __name__, face="portal", url_prefix="/health")
USE = Permission.PORTAL_USE
MOST = 100


@bp.get("", needs=USE, shows="patients")
def index():
    """What is known of one patient; who sees several records chooses one."""
    patient, people = _whose()
    facts = _known(patient) if patient else {}
    return show("portal/health/index.html", patient=patient, tabs=people, **facts)


@bp.get("/measured", needs=USE, shows="patients")
def measured():
    """What was measured, the latest values and how they went over time."""
    patient, people = _whose("portal.health.measured")
    span = span_asked()
    facts = {"strip": measurement_words.strip_of(patient), "figures": charts_of(patient, span)} if patient else {}
    return show("portal/health/measured.html", patient=patient, tabs=people, span=span, spans=SPANS, **facts)


def _whose(endpoint="portal.health.index"):
    people = portal_offers.own_patients(db.session(), current.patient_ids)
    patient = chosen(people)
    listed([patient.id] if patient else ())
    return patient, tabs(people, patient, endpoint) if patient else []


def _known(patient):
    """The lists, each bounded; what was marked as a mistake is not among them."""
    session = db.session()
    return {
        "allergies": allergies.live(session, patient.id),
        "none_known": allergies.none_known(session, patient.id),
        "conditions": conditions.live(session, patient.id),
        "vaccinations": immunizations.latest(session, patient.id, MOST),
        "procedures": procedures.latest(session, patient.id, MOST),
    }
