"""What must be true of prescriptions, as questions whose answers should be empty."""

from clinic.queries.invariants import Rule

# A record that went into another by a merge is read as one with it.
SAME_PERSON = """coalesce({a}.merged_into_id, {a}.id) <> coalesce({b}.merged_into_id, {b}.id)"""
PRESCRIPTION_RULES = (
    Rule(
        "I22",
        "a prescription has no medicine",
        """SELECT p.id FROM prescriptions AS p WHERE p.clinic_id = :clinic_id AND NOT EXISTS (
              SELECT 1 FROM prescription_items AS i WHERE i.clinic_id = p.clinic_id AND i.prescription_id = p.id)""",
    ),
    Rule(
        "I22",
        "a prescription takes the place of another patient's",
        f"""SELECT p.id FROM prescriptions AS p
              JOIN prescriptions AS f ON f.clinic_id = p.clinic_id AND f.id = p.replaces_id
              JOIN patients AS a ON a.clinic_id = p.clinic_id AND a.id = p.patient_id
              JOIN patients AS b ON b.clinic_id = f.clinic_id AND b.id = f.patient_id
             WHERE p.clinic_id = :clinic_id AND {SAME_PERSON.format(a="a", b="b")}""",
    ),
    Rule(
        "I22",
        "a stop names a medicine of another prescription",
        """SELECT s.id FROM prescription_stops AS s
              JOIN prescription_items AS i ON i.clinic_id = s.clinic_id AND i.id = s.item_id
             WHERE s.clinic_id = :clinic_id AND i.prescription_id <> s.prescription_id""",
    ),
    Rule(
        "I22",
        "something was prescribed to one patient at a visit of another's",
        f"""SELECT p.id FROM prescriptions AS p JOIN visits AS v ON v.clinic_id = p.clinic_id AND v.id = p.visit_id
              JOIN patients AS a ON a.clinic_id = p.clinic_id AND a.id = p.patient_id
              JOIN patients AS b ON b.clinic_id = v.clinic_id AND b.id = v.patient_id
             WHERE p.clinic_id = :clinic_id AND {SAME_PERSON.format(a="a", b="b")}""",
    ),
    Rule(
        "I13",
        "a prescription of an erased patient still holds what a doctor wrote of them",
        """SELECT p.id FROM prescriptions AS p JOIN patients AS a ON a.clinic_id = p.clinic_id AND a.id = p.patient_id
              JOIN prescription_items AS i ON i.clinic_id = p.clinic_id AND i.prescription_id = p.id
             WHERE p.clinic_id = :clinic_id AND a.erased_at < now() - interval '15 minutes'
               AND concat(p.advice, i.notes, i.allergy_warning, i.allergy_reason) <> ''""",
    ),
)
