"""Files about patients: what each is, whose it is, and whether it has been looked through and may be opened."""

from datetime import datetime
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from clinic.db import Base, Choice, ChoiceType, Timestamped, one_of, word
from clinic.models.accounts import User
from clinic.models.keys import belongs_to_clinic, index, refers, refers_to_user
from clinic.models.patients import Patient
from clinic.models.release import HANDED_OVER, NEVER_SHOWN
from clinic.models.visits import Visit
from clinic.scope import PatientOwned, SoftDeleted

LARGEST = 500 * 2**20  # bytes of one file
# Every part but the last is exactly so long: the number of bytes that are here then says which part comes next.
PART = 4 * 2**20
FIRST_PART = "part-00001"


class DocumentCategory(Choice):
    """What a document is."""

    REPORT = "report", word("Report or letter")
    LAB_REPORT = "lab_report", word("Laboratory report")
    X_RAY = "x_ray", word("X-ray or scan")
    PRESCRIPTION = "prescription", word("Prescription")
    PICTURE = "picture", word("Picture")
    DICTATION = "dictation", word("Dictation")
    CONSENT_FORM = "consent_form", word("Consent form")
    BRIEF = "brief", word("Brief of whoever sent the patient")
    INSURANCE_CARD = "insurance_card", word("Insurance card")
    MESSAGE_ATTACHMENT = "message_attachment", word("Sent with a message")
    OTHER = "other", word("Something else")


C = DocumentCategory
# Papers of the desk's own work, and what it must read to do it (docs/decisions/0087). All others are the doctors'.
ADMINISTRATIVE = (C.CONSENT_FORM, C.BRIEF, C.INSURANCE_CARD)
# What a person chooses from; a message's attachment becomes one by being sent.
CHOSEN_BY_STAFF = tuple(each for each in C if each != C.MESSAGE_ATTACHMENT)
CHOSEN_BY_PATIENTS = (C.REPORT, C.LAB_REPORT, C.X_RAY, C.PRESCRIPTION, C.PICTURE, C.CONSENT_FORM, C.INSURANCE_CARD,
                      C.OTHER)  # fmt: skip


class DocumentState(Choice):
    """How far a document has come; nothing but a ready one is ever opened."""

    SENDING = "sending", word("Is being sent")
    CHECKING = "checking", word("Is being checked")
    READY = "ready", word("Ready")
    REFUSED = "refused", word("Not taken")


S = DocumentState


class DocumentProblem(Choice):
    """Why a file was not taken, in a sentence for whoever sent it."""

    WRONG_TYPE = "wrong_type", word("The file is not what its name says it is, or not of a type that is taken here.")
    NOT_TEXT = "not_text", word("This file is not plain text in UTF-8.")
    NOT_A_PICTURE = "not_a_picture", word("The picture is damaged, or larger than 60 million points.")
    INCOMPLETE = "incomplete", word("The file did not arrive whole. Send it again.")
    LOST = "lost", word("The file is missing in the storage. Whoever runs this program can bring it back.")


class Document(PatientOwned, SoftDeleted, Timestamped, Base):
    """One file about a patient, perhaps about one visit or one insurance policy of theirs.

    ``received`` counts the bytes that are here, ``file_size`` those there will be; once it is ready ``file_size`` and
    ``sha256`` are those of the kept file, which for a picture is the one drawn anew. Sizes are bytes.
    """

    __tablename__ = "documents"

    __table_args__ = (
        belongs_to_clinic("documents"),
        refers("patient_id", "patients"),
        refers("visit_id", "visits"),
        refers("insurance_policy_id", "insurance_policies"),
        refers_to_user("uploaded_by_id"),
        refers_to_user("released_by_id"),
        refers_to_user("deleted_by_id"),
        one_of(DocumentCategory, "category"),
        one_of(DocumentState, "state"),
        one_of(DocumentProblem, "problem"),
        sa.CheckConstraint(f"file_size BETWEEN 1 AND {LARGEST}", name="size_in_range"),
        sa.CheckConstraint("received BETWEEN 0 AND file_size", name="received_in_range"),
        sa.CheckConstraint("(state = 'refused') = (problem IS NOT NULL)", name="refused_has_a_problem"),
        sa.CheckConstraint(
            "state <> 'ready' OR (mime_type IS NOT NULL AND sha256 ~ '^[0-9a-f]{64}$' AND received = file_size)",
            name="ready_is_whole",
        ),
        sa.CheckConstraint("category = 'other' OR category_text IS NULL", name="other_has_a_word"),
        sa.UniqueConstraint("storage_key", name="uq_documents_storage_key"),
        index("documents", "patient_id", "recorded_at", "id"),
        index("documents", "visit_id", postgresql_where=sa.text("visit_id IS NOT NULL")),
        index("documents", "insurance_policy_id", postgresql_where=sa.text("insurance_policy_id IS NOT NULL")),
        index("documents", "uploaded_by_id"),
        index("documents", "released_by_id", postgresql_where=sa.text("released_by_id IS NOT NULL")),
        index("documents", "deleted_by_id", postgresql_where=sa.text("deleted_by_id IS NOT NULL")),
        # How much room they take is read from here alone.
        index("documents", "file_size"),
        # What is on its way: few rows, asked for whenever another file begins and by the nightly look.
        sa.Index(
            "ix_documents_unsettled", "clinic_id", "updated_at",
            postgresql_where=sa.text("state IN ('sending', 'checking')"),
        ),
    )  # fmt: skip

    visit_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    insurance_policy_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    category: Mapped[DocumentCategory] = mapped_column(ChoiceType(DocumentCategory))
    # What another system called it, where our list has no word for it.
    category_text: Mapped[str | None]
    title: Mapped[str]
    description: Mapped[str | None]
    # When what it shows was made, as far as anybody said; otherwise when it was sent.
    recorded_at: Mapped[datetime]
    storage_key: Mapped[str]
    file_name: Mapped[str]
    mime_type: Mapped[str | None]
    sha256: Mapped[str | None]
    file_size: Mapped[int] = mapped_column(sa.BigInteger)
    received: Mapped[int] = mapped_column(sa.BigInteger, default=0, server_default="0")
    # What the sender's browser made of the file's ends: a file that was chosen again goes on where it broke off.
    fingerprint: Mapped[str | None]
    # How many pages of it can be looked at as pictures.
    preview_pages: Mapped[int] = mapped_column(sa.SmallInteger, default=0, server_default="0")
    state: Mapped[DocumentState] = mapped_column(ChoiceType(DocumentState), default=S.SENDING)
    problem: Mapped[DocumentProblem | None] = mapped_column(ChoiceType(DocumentProblem))
    from_patient: Mapped[bool] = mapped_column(default=False, server_default="false")
    uploaded_by_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    released_at: Mapped[datetime | None]
    released_by_id: Mapped[UUID | None] = mapped_column(sa.Uuid)
    deleted_by_id: Mapped[UUID | None] = mapped_column(sa.Uuid)

    patient: Mapped[Patient] = relationship(foreign_keys="Document.patient_id")
    visit: Mapped[Visit | None] = relationship(foreign_keys=[visit_id], viewonly=True)
    uploaded_by: Mapped[User | None] = relationship(foreign_keys=[uploaded_by_id])

    @property
    def is_ready(self):
        """Whether it may be opened."""
        return self.state == S.READY

    @property
    def is_on_its_way(self):
        """Whether it is neither ready nor refused yet."""
        return self.state in (S.SENDING, S.CHECKING)

    @property
    def is_picture(self):
        """Whether it is shown as one picture, and not page by page."""
        return (self.mime_type or "").startswith("image/")

    @property
    def is_shown_anyhow(self):
        """Whether the patient sees it, or never does, whatever a doctor says."""
        return self.from_patient or self.category in (*HANDED_OVER, *NEVER_SHOWN)

    @property
    def part_keys(self):
        """How the keys begin under which its parts wait until it is whole and looked through; in order of the parts."""
        return self.storage_key.removesuffix("file") + "part-"

    def part_key(self, number: int) -> str:
        """Where one of the parts waits, counted from 1."""
        return f"{self.part_keys}{number:05}"

    def page_key(self, number: int) -> str:
        """Where the picture of one page is kept, counted from 1."""
        return self.storage_key.removesuffix("file") + f"page-{number}"


def key_of(clinic_id, document_id, what="file") -> str:
    """Under which key the file of a document is kept, or something else of it: made of ids alone."""
    return f"{clinic_id}/{document_id}/{what}"
