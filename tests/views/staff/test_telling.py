"""How the clinic tells patients things: its rules, every text, and when each type of visit is reminded of."""

import pytest
import sqlalchemy as sa

from clinic.models.notifications import NotificationKind
from clinic.models.organizations import Clinic
from clinic.models.schedule import VisitType
from clinic.models.telling import Telling

TYPED = {
    "quiet_from": "20:30", "quiet_until": "07:15", "sender": "Rose St", "reply_to": "desk@rose-street.example",
    "names_type": "y", "kinds": [kind.value for kind in NotificationKind if kind != NotificationKind.MOVED],
}  # fmt: skip


def rules(session, cast):
    """The rules as they are kept."""
    return Telling.of(session.scalar(sa.select(Clinic.settings).where(Clinic.id == cast.rose.id)))


def test_an_administrator_changes_the_rules(ines, session, cast):
    assert "21:00" in ines.open("staff.telling.edit").text
    assert ines.send("staff.telling.update", TYPED).status_code == 303
    kept = rules(session, cast)
    assert kept.said == {
        "quiet_from": "20:30", "quiet_until": "07:15", "sender": "Rose St", "reply_to": "desk@rose-street.example",
        "off": ["moved"], "names_type": True,
    }  # fmt: skip
    assert 'value="20:30"' in ines.open("staff.telling.edit").text


@pytest.mark.parametrize(
    "wrong", [{"quiet_from": ""}, {"quiet_until": "25:00"}, {"reply_to": "nobody"}, {"sender": "x" * 61},
              {"kinds": ["everything"]}, {"sender": "Rose\x00"}],
)  # fmt: skip
def test_what_cannot_be_is_said_and_nothing_is_kept(ines, session, cast, wrong):
    assert ines.send("staff.telling.update", TYPED | wrong).status_code == 422
    assert rules(session, cast) == Telling()


def test_only_an_administrator_may(amara, osei, maya, stranger, session, cast):
    for who in (amara, osei, maya):
        assert who.open("staff.telling.edit").status_code == 403
        assert who.send("staff.telling.update", TYPED).status_code == 403
    assert rules(session, cast) == Telling()


def test_every_text_can_be_read(ines):
    page = ines.open("staff.telling.texts").text
    for words in ("is booked", "another time", "Answer YES to confirm or NO to cancel", "Nothing is booked yet"):
        assert words in page, words
    assert "Consultation" not in page


def test_every_text_can_be_read_in_each_language_and_is_marked_as_it(ines):
    page = ines.open("staff.telling.texts", language="de").text
    assert '<html lang="en">' in page and '<blockquote class="told-text" lang="de">' in page
    assert "Antworten Sie JA zum Bestätigen oder NEIN zum Absagen." in page and "Answer YES" not in page


class TestReminders:
    @pytest.mark.parametrize(("typed", "kept"), [("72, 24,3", [72, 24, 3]), ("2 48", [48, 2]), ("", []), ("5,5", [5])])
    def test_of_a_visit_type_are_hours_before_it(self, ines, session, cast, typed, kept):
        assert self.save(ines, cast, typed).status_code == 303
        session.expire_all()
        assert session.get(VisitType, (cast.rose.id, cast.consultation.id)).reminder_hours == kept
        page = ines.open("staff.visit_types.edit", visit_type_id=cast.consultation.id).text
        assert f'value="{", ".join(map(str, kept))}"' in page

    @pytest.mark.parametrize("typed", ["tomorrow", "0", "721", "1,2,3,4,5,6", "1.5h", "-2", "99999999999"])
    def test_that_cannot_be_are_said(self, ines, session, cast, typed):
        assert self.save(ines, cast, typed).status_code == 422
        session.expire_all()
        assert session.get(VisitType, (cast.rose.id, cast.consultation.id)).reminder_hours == [48, 2]

    def save(self, ines, cast, typed):
        """Save the consultation with these reminders."""
        form = {
            "name": "Consultation", "minutes": "20", "buffer_before": "0", "buffer_after": "0", "capacity": "1",
            "booking": "instant", "answer_within_hours": "24", "minimum_notice_minutes": "0", "horizon_days": "60",
            "cancel_cutoff_hours": "24", "move_cutoff_hours": "2", "visit_mode": "", "reminder_hours": typed,
            "provider_ids": [str(cast.dr_osei.id), str(cast.dr_lind.id)],
        }  # fmt: skip
        return ines.send("staff.visit_types.update", form, visit_type_id=cast.consultation.id)
