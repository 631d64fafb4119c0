"""What the tests of standing in for a colleague share: rows as they are now, and how it begins."""

import pytest
import sqlalchemy as sa

from clinic.models.accounts import UserSession

WAY_BACK = "/staff/standing-in/end"
WHY = "She cannot see the walk-ins; I look at her screen"

# Routes that nobody uses in another's name though no fresh proof is asked for: by name, so that no list of the
# product's own can grow shorter unnoticed.
ONES_OWN = {
    f"staff.{subject}.{verb}"
    for subject, verbs in {
        "prescriptions": "new issue redraft repeat replace stop", "consultations": "autosave save sign add_addendum",
        "referrals": "new create update mark_ready unmark_ready send accept complete cancel undo",
        "excuse_notes": "new create update mark_ready unmark_ready send withdraw",
        "lab_orders": "new order start complete review release revoke cancel", "lab_files": "new take_in",
        "lab_results": "new enter withdraw review release revoke", "allergies": "create update", "drugs": "suggest",
        "conditions": "create update end", "immunizations": "create update", "procedures": "create update",
        "note_templates": "create update", "grants": "index end review", "deletions": "index delete restore",
        "keeping": "index", "patient_merges": "index ask approve merge undo",
        "break_glass": "create end",
    }.items()
    for verb in verbs.split()
}  # fmt: skip


@pytest.fixture
def row(session, cast):
    """A row as the database has it now."""

    def look(model, *where):
        session.rollback()
        session.enter(cast.scope)
        session.expire_all()
        return session.scalars(sa.select(model).where(*where).order_by(model.created_at.desc())).first()

    return look


@pytest.fixture
def begun(ines):
    """Ines stands in for somebody; returns the answer."""

    def begin(person, reason=WHY):
        return ines.send("staff.standing_in.create", {"reason": reason}, user_id=person.user.id)

    return begin


def token_hash(row, person):
    """The hash of the person's live session token."""
    return row(UserSession, UserSession.user_id == person.user.id).token_hash
