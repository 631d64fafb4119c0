"""Whoever may act for several keeps what they had chosen before they were asked for whom."""

import re
from html import unescape


def test_what_was_chosen_before_is_not_asked_again_of_whoever_may_act_for_two(maya, cast, session):
    cast._portal(cast.rose, cast.maya, cast.tom)
    session.commit()
    day = cast.tomorrow_at(10).date().isoformat()
    chosen = {"visit_type_id": cast.consultation.id, "doctor": cast.dr_osei.id, "day": day}

    def next_page(**answers):
        asked = maya.open("portal.booking.time", **answers).location
        way = re.search(rf'href="([^"]*patient_id={cast.tom.id}[^"]*)"', maya.open(asked).text).group(1)
        answer = maya.open(unescape(way))
        while answer.status_code == 302:
            answer = maya.open(answer.location)
        return answer.text

    assert "What time suits you?" in next_page(**chosen)
    assert "Which day suits you?" in next_page(visit_type_id=cast.consultation.id, doctor="first")
    page = next_page(visit_type_id=cast.consultation.id)
    assert "Who would you like to see?" in page
    back = unescape(re.search(r'class="back" href="([^"]+)"', page).group(1))
    assert "What is the visit for?" in maya.open(back).text
