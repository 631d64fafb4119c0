"""What somebody wrote back by text message goes with their record, under whosever name it stands."""

import pytest
from uuid_utils.compat import uuid7

from clinic.actions import erasures, patient_merges
from clinic.actions.patients import register
from clinic.db import now
from clinic.models.notifications import Channel, Notification, NotificationKind, NotificationState
from clinic.models.texts import ReplyMeaning, ReplyResult, TextReply

NUMBER, EARLIER = "+447700900123", "+447700900999"


@pytest.fixture
def written(session, cast):
    """Write to Rose Street from a number; of whom it is, is known or not."""

    def written(sender=NUMBER, patient=None):
        made = TextReply(
            clinic_id=cast.rose.id, id=uuid7(), patient_id=patient and patient.id, service_id=f"SM{uuid7().hex}",
            sender=sender, text="Canary", meaning=ReplyMeaning.OTHER, result=ReplyResult.TO_READ, desk_since=now(),
        )  # fmt: skip
        session.add(made)
        session.commit()
        return made

    return written


@pytest.fixture
def erase(session, cast):
    """Erase Tom's record, whose number is written as people write it; what became of an answer."""
    cast.tom.phone = "07700 900123"
    session.commit()

    def erase(reply):
        erasures.repeat(cast.tom, by=cast.ines.actor)
        session.commit()
        session.refresh(reply)
        return reply.sender, reply.text, bool(reply.desk_since)

    return erase


GONE, STAYS = ("", "", False), (NUMBER, "Canary", True)


def test_under_their_name_from_whatever_number(cast, written, erase):
    assert erase(written("+447700900555", cast.tom)) == GONE


def test_under_nobodys_name_from_the_number_of_the_record(written, erase):
    assert erase(written()) == GONE


def test_under_nobodys_name_from_a_number_they_were_written_to_earlier(session, cast, written, erase):
    session.add(
        Notification(
            clinic_id=cast.rose.id, id=uuid7(), patient_id=cast.tom.id, kind=NotificationKind.REQUEST_RECEIVED,
            channel=Channel.SMS, state=NotificationState.SENT, sent_to=EARLIER, sent_at=now(), text="Received.",
        )
    )  # fmt: skip
    session.commit()
    assert erase(written(EARLIER)) == GONE


def test_under_nobodys_name_from_the_number_of_a_record_that_became_theirs(session, cast, written, erase):
    other = register(session, by=cast.amara.actor, full_name="Thomas Baker", phone="+44 7700 900999")
    session.commit()
    patient_merges.merge(cast.tom, other, "The same identity card", by=cast.ines.actor)
    session.commit()
    assert erase(written(EARLIER)) == GONE


def test_under_the_name_of_somebody_else_with_the_same_number_it_stays(cast, written, erase):
    assert erase(written(patient=cast.maya_patient)) == STAYS


def test_under_nobodys_name_from_another_number_it_stays(written, erase):
    assert erase(written("+447700900555")) == ("+447700900555", *STAYS[1:])
