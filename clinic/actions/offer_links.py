"""The link by which a patient answers an offer: found by its hash, sealed to be sent or shown again."""

import sqlalchemy as sa

from clinic import keyring
from clinic.actions.tokens import clinic_of, hash_token, new_clinics_token
from clinic.models.offers import SlotOffer
from clinic.models.patients import Patient
from clinic.scope import Scope

FOUND = (
    sa.select(SlotOffer)
    .join(SlotOffer.patient)
    .where(
        SlotOffer.token_hash == sa.bindparam("token_hash", type_=sa.LargeBinary),
        Patient.deceased_at.is_(None), Patient.merged_into_id.is_(None), Patient.erased_at.is_(None),
    )
)  # fmt: skip


def give(offer: SlotOffer):
    """Give the offer its link, once; sent again it is the same."""
    if offer.token_hash is None:
        token = new_clinics_token(offer.clinic_id)
        offer.token_hash, offer.token_encrypted = hash_token(token), keyring.seal(token.encode(), **_place(offer))


def token_of(offer: SlotOffer) -> str | None:
    """The token of the offer's link, to be sent or shown to the desk again; None before it was sent."""
    if offer.token_encrypted is None:
        return None
    return keyring.open_sealed(offer.token_encrypted, **_place(offer)).decode()


def enter(session, token: str) -> SlotOffer | None:
    """The offer of this link, from here on seeing its one patient; None for every token that opens nothing.

    Nobody is offered anything who has died, or whose record is another's now, deleted or erased.
    """
    clinic_id = clinic_of(token)
    session.enter(Scope.staff(clinic_id) if clinic_id else Scope.person())
    offer = session.scalars(FOUND, {"token_hash": hash_token(token)}).one_or_none() if clinic_id else None
    session.enter(Scope.portal(clinic_id, None, {offer.patient_id}) if offer else Scope.person())
    return offer


def _place(offer):
    return {"table": "slot_offers", "column": "token_encrypted", "row_id": offer.id, "clinic_id": offer.clinic_id}
