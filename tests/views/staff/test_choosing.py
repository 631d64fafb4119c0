"""What is chosen before the patient goes along with them, and a chosen time is judged anew with another type."""

import re


def test_the_chosen_time_is_judged_anew_with_another_type_and_says_so_beside_the_times(amara, cast):
    asked = {
        "patient_id": cast.tom.id,
        "provider_id": cast.dr_osei.id,
        "starts_at": cast.tomorrow_at(10).isoformat(),
    }
    part = amara.open("staff.booking.new", htmx=True, visit_type_id=cast.follow_up.id, **asked).text
    assert f'name="visit_type_id" value="{cast.follow_up.id}"' in part.partition('id="chosen"')[2]
    assert ">Book<" in part and 'hx-select-oob="#chosen"' in part


def test_a_patient_is_chosen_with_what_was_chosen_since_the_page_was_made(amara, cast):
    asked = {"visit_type_id": str(cast.follow_up.id), "starts_at": cast.tomorrow_at(10).isoformat()}
    chosen = amara.open("staff.booking.chosen", htmx=True, **asked).text
    so_far = re.findall(r'class="so-far" name="([a-z_]+)" value="([^"]+)"', chosen)
    assert dict(so_far) | asked == dict(so_far) and "patient_id" not in dict(so_far)
    found = amara.send("staff.booking.find", {"q": "tom"}, htmx=True).text
    assert f'hx-get="/staff/booking/new?patient_id={cast.tom.id}"' in found
    assert 'hx-include="#chosen input.so-far"' in found and 'hx-select="#main"' in found


def test_htmx_gets_the_whole_page_for_another_patient(amara, cast):
    address = amara.url("staff.booking.new", patient_id=cast.tom.id)
    page = amara.client.get(address, headers={"HX-Request": "true", "HX-Target": "main"}).text
    assert '<main id="main"' in page and "Tom Baker" in page
