"""What a patient is given of their record, as rows that an address can name: results, letters, documents."""

from datetime import UTC, datetime
from uuid import uuid4

from clinic.actions.excuse_notes import new_code
from clinic.models.documents import Document, DocumentCategory, DocumentState
from clinic.models.excuse_notes import ExcuseKind, ExcuseNote, NoteStatus
from clinic.models.lab_orders import LabOrder, LabOrderStatus
from clinic.models.lab_results import LabResult
from clinic.models.referrals import Referral, ReferralStatus, SentTo
from clinic.models.releasing import ReleaseRule

GIVEN = {
    # Released, so that the patient sees it; the result came without an order.
    "order_id": lambda corner, patient_id, number: LabOrder(
        clinic_id=corner.clinic.id, patient_id=patient_id, tests=["Sodium"], status=LabOrderStatus.COMPLETED,
        completed_at=datetime.now(UTC), release_rule=ReleaseRule.NOW, released_at=datetime.now(UTC),
    ),
    "result_id": lambda corner, patient_id, number: LabResult(
        clinic_id=corner.clinic.id, patient_id=patient_id, analyte="Sodium", value=139, sampled_at=datetime.now(UTC),
        release_rule=ReleaseRule.NOW, released_at=datetime.now(UTC),
    ),
    # Sent, so that the patient sees them.
    "referral_id": lambda corner, patient_id, number: Referral(
        clinic_id=corner.clinic.id, patient_id=patient_id, referred_to="Dr Heart", reason="A murmur",
        status=ReferralStatus.SENT, sent_to=SentTo.PATIENT, sent_at=datetime.now(UTC),
    ),
    "note_id": lambda corner, patient_id, number: ExcuseNote(
        clinic_id=corner.clinic.id, patient_id=patient_id, kind=ExcuseKind.WORK, starts_on=datetime.now(UTC).date(),
        ends_on=datetime.now(UTC).date(), status=NoteStatus.SENT, sent_at=datetime.now(UTC),
        check_code=new_code(corner.clinic.id),
    ),
    # A paper of the desk's that the patient sees too; what it says is not asked for here.
    "document_id": lambda corner, patient_id, number: Document(
        clinic_id=corner.clinic.id, patient_id=patient_id, category=DocumentCategory.CONSENT_FORM, title="Consent",
        recorded_at=datetime.now(UTC), storage_key=f"{corner.clinic.id}/{uuid4()}/file",
        file_name="consent.pdf", mime_type="application/pdf",
        sha256="0" * 64, file_size=1, received=1, state=DocumentState.READY,
    ),
}  # fmt: skip
