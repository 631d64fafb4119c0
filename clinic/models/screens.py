"""Screens that nobody signs in to: the display of the waiting room, and the one on which patients check in."""

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from clinic.db import Base, Choice, ChoiceType, Timestamped, one_of, word
from clinic.models.keys import belongs_to_clinic
from clinic.scope import ClinicOwned


class ScreenKind(Choice):
    """What a screen is for."""

    DISPLAY = "display", word("Waiting-room display: numbers and rooms, no names")
    KIOSK = "kiosk", word("Check-in screen: patients type their code")


class Screen(ClinicOwned, Timestamped, Base):
    """One screen of the clinic: whoever knows its code sees what its kind shows, until it is revoked."""

    __tablename__ = "screens"
    __table_args__ = (
        belongs_to_clinic("screens"),
        one_of(ScreenKind, "kind"),
        sa.Index("uq_screens_code_hash", "clinic_id", "code_hash", unique=True),
    )

    kind: Mapped[ScreenKind] = mapped_column(ChoiceType(ScreenKind))
    name: Mapped[str]
    code_hash: Mapped[bytes] = mapped_column(sa.LargeBinary)
    # To five minutes: the screen asks much oftener than it is noted.
    last_seen_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
