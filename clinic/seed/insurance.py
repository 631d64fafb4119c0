"""Who pays in the demo: policies that were verified, one that is not, and one person with two records."""

from clinic.actions import insurance, patient_merges
from clinic.actions.patients import add_tag, register
from clinic.models.accounts import Role
from clinic.models.insurance import Eligibility, VerifiedHow
from clinic.models.patients import TagKind
from clinic.seed.opening import Opened

# Invented, like everybody in the demo: insurer, plan, and what came of asking them (None: nobody asked yet).
INSURERS = (
    ("Bluebell Mutual", "Family", Eligibility.ACTIVE, VerifiedHow.WEBSITE),
    ("Harbour Health", "Basic", Eligibility.ACTIVE, VerifiedHow.PHONE),
    ("Old Mill Provident", None, None, None),
    ("Bluebell Mutual", "Single", Eligibility.INACTIVE, VerifiedHow.LETTER),
    ("Larch & Ash", "Plus", Eligibility.PENDING, VerifiedHow.PHONE),
)


def insure(session, opened: Opened):
    """Give every fourth patient a policy, some of them two, and make one of them a second record by mistake."""
    desk = opened.staff[Role.RECEPTIONIST]
    people = list(opened.patients.values())
    for number, patient in enumerate(people[::4]):
        _policy(session, patient, number, desk)
        if number % 3 == 0:
            _policy(session, patient, number + 1, desk)
    first = people[0]
    twice = register(session, by=desk, full_name=first.full_name, phone=first.phone, notes="Rings in the evening.")
    add_tag(twice, TagKind.TAG, "Prefers evenings", by=desk)
    _policy(session, twice, 2, desk)
    patient_merges.ask(first, twice, "Registered again by phone last week, with the same number.", by=desk)


def _policy(session, patient, number, desk):
    insurer, plan, status, how = INSURERS[number % len(INSURERS)]
    member = f"{number:03d}-{patient.mrn}"
    policy = insurance.add(patient, by=desk, insurer_name=insurer, plan_name=plan, member_id=member)
    if status:
        insurance.verify(policy, status, how, by=desk)
