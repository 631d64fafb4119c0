"""The link by which a patient answers an offer: found by its hash, sealed to be sent or shown again."""

import sqlalchemy as sa

from clinic import keyring
from clinic.actions.tokens import hash_token, new_clinics_token
from clinic.models.offers import SlotOffer


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


def found(session, token: str) -> SlotOffer | None:
    """The offer of this link; the session is in the scope of its clinic."""
    return session.scalars(sa.select(SlotOffer).where(SlotOffer.token_hash == hash_token(token))).one_or_none()


def _place(offer):
    return {"table": "slot_offers", "column": "token_encrypted", "row_id": offer.id, "clinic_id": offer.clinic_id}
