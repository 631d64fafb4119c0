"""Who holds a visit's link: what they see, whether they gave the date of birth on this device, as whom they act."""

from dataclasses import dataclass, replace

from flask import abort, after_this_request, current_app, g, request
from itsdangerous import BadData, URLSafeSerializer

from clinic.actions import visit_links
from clinic.actions.acting import Actor
from clinic.blind import blinded
from clinic.current import current
from clinic.db import db, now
from clinic.filters import speak
from clinic.htmx import moved_on, show
from clinic.languages import spoken
from clinic.models.patients import Patient
from clinic.models.visits import Visit
from clinic.queries import visits_of_patient
from clinic.queries.clinics import open_clinic_by_id

# For so long a device need not be asked again.
PROOF_SECONDS = 30 * 24 * 3600
MOST_PROOFS = 12
ROLE = "visit_link"


@dataclass
class Bearer:
    """One visit as whoever holds its link sees it; a way of the portal's takes it for the person who asks."""

    token: str
    found: visit_links.Bearer
    clinic: object
    # Nobody is signed in: the link is of one patient, and says nothing of who holds it.
    user = None
    acts_for_others = False

    @property
    def visit(self) -> Visit:
        """The visit as it is now."""
        return visits_of_patient.own_visit(db.session(), self.found.visit_id) or abort(gone())

    @property
    def patient_ids(self):
        """The one patient whom the link is of."""
        return frozenset({self.found.patient_id})

    @property
    def actor(self) -> Actor:
        """The patient, by this link; somebody signed in gains nothing by that, and is named."""
        signed_in = (("signed_in", str(current.user.id)),) if current.user else ()
        return replace(
            current.actor, user_id=None, role=ROLE, on_behalf_of_id=None, clinic_id=self.found.clinic_id,
            provider_id=None, patient_ids=self.patient_ids, relations=(), in_portal=True,
            under=(("visit_link", str(self.found.link_id)), *signed_in),
        )  # fmt: skip

    @property
    def is_known(self) -> bool:
        """Whether the date of birth was given on this device, lately, for this very link and patient."""
        proved_at = _proofs().get(self._mark)
        return bool(proved_at and 0 <= now().timestamp() - proved_at < PROOF_SECONDS)

    def remember(self):
        """Have the device keep that the date of birth was right."""
        proofs = {**_proofs(), self._mark: int(now().timestamp())}
        newest = dict(sorted(proofs.items(), key=lambda each: -each[1])[:MOST_PROOFS])
        secure = current_app.config["SESSION_COOKIE_SECURE"]

        @after_this_request
        def keep(response):
            response.set_cookie(
                _name(), _signed().dumps(newest), max_age=PROOF_SECONDS, secure=secure, httponly=True,
                samesite="Lax",
            )  # fmt: skip
            return response

    @property
    def _mark(self):
        # Another link, another patient or another date of birth on record: then it is asked anew.
        patient = db.session().get(Patient, (self.found.clinic_id, self.found.patient_id))
        words = (self.found.link_id, patient.id, patient.date_of_birth)
        return blinded("visit-link", *(str(each) for each in words)).hex()[:32]


def bearer_of(token) -> Bearer:
    """Who holds this link; for a token that opens nothing, whatever the cause, one and the same page."""
    found = visit_links.enter(db.session(), token)
    clinic = found and open_clinic_by_id(db.session(), found.clinic_id)
    if clinic is None:
        abort(gone())
    g.page_clinic = clinic
    speak(spoken(db.session.get(Patient, (found.clinic_id, found.patient_id)), clinic))
    return Bearer(token, found, clinic)


def gone():
    """The one page of a link that opens nothing; it tells of no clinic and nobody."""
    g.page_clinic = None
    speak(None)
    return show("public/visit_link/gone.html", status=404)


def known_bearer_of(token, back_to) -> Bearer:
    """Who holds the link and has given the date of birth here; others are sent to give it, and then back."""
    bearer = bearer_of(token)
    if not bearer.is_known:
        abort(moved_on(f"/v/{token}/birth?next={back_to}"))
    return bearer


def _proofs():
    try:
        read = _signed().loads(request.cookies.get(_name(), ""))
    except BadData:
        return {}
    return read if isinstance(read, dict) else {}


def _signed():
    return URLSafeSerializer(current_app.secret_key, salt="visit-link")


def _name():
    return current_app.config["SESSION_COOKIE_NAME"] + "-visits"
