"""What an offer means for whatever it was made for: each purpose says once what follows on an answer."""

from collections.abc import Callable

from clinic.models.offers import OfferPurpose

# What a purpose may say: "details" gives the words of a visit to be booked (reason, notes, source, …), "instead_of" the
# id of a visit that is to be moved instead; the others are called with (session, offer, by=) in the transaction of the
# change, under its locks.
MOMENTS = ("details", "instead_of", "sent", "accepted", "declined", "lapsed", "withdrawn", "reopened")
_said: dict[tuple[OfferPurpose, str], Callable] = {}


def when(purpose: OfferPurpose, **moments: Callable):
    """Say what happens at these moments of the purpose's offers; called once, where the module is loaded."""
    for moment, act in moments.items():
        if moment not in MOMENTS:
            raise ValueError(moment)
        _said[purpose, moment] = act


def details(session, offer) -> dict:
    """What the visit to be booked is to say, as keywords of a Wish; nothing where a visit is only moved."""
    tell = _said.get((offer.purpose, "details"))
    return {} if offer.is_move or tell is None else tell(session, offer)


def instead_of(session, offer):
    """The id of a visit that accepting moves though the offer does not name it, or None; Refused where none may be."""
    tell = _said.get((offer.purpose, "instead_of"))
    return None if offer.is_move or tell is None else tell(session, offer)


def after(moment, session, offer, *, by):
    """Let the offer's purpose know what has become of it."""
    act = _said.get((offer.purpose, moment))
    if act is not None:
        act(session, offer, by=by)
