"""What was prescribed, and a doctor's favourite, as an address can name them."""

from uuid import uuid4

from clinic.models.drugs import FavouriteMedicine
from clinic.models.prescriptions import Prescription, PrescriptionItem


def _prescription(corner, patient_id, number):
    item = PrescriptionItem(clinic_id=corner.clinic.id, position=1, medicine_name="Arnica montana", potency="30C")
    return Prescription(
        clinic_id=corner.clinic.id, patient_id=patient_id, provider_id=corner.provider.id, items=[item],
        issued_by_id=corner.doctor.id,
    )  # fmt: skip


def _favourite(corner, patient_id, number):
    return FavouriteMedicine(
        clinic_id=corner.clinic.id, provider_id=corner.provider.id, medicine_name=f"Arnica {uuid4().hex}"
    )


PRESCRIBED = {"prescription_id": _prescription, "favourite_id": _favourite}
