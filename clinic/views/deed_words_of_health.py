"""What acts on a patient's health are called in the clinic's audit log; these sentences join those of the record."""

from flask_babel import lazy_gettext as _l

HEALTH = {
    "conditions.record": _l("%(who)s wrote down a condition of %(whom)s"),
    "conditions.change": _l("%(who)s changed a condition of %(whom)s"),
    "conditions.end": _l("%(who)s noted that a condition of %(whom)s is over"),
    "conditions.reopen": _l("%(who)s noted that a condition of %(whom)s lasts"),
    "conditions.mark_mistaken": _l("%(who)s marked a condition of %(whom)s as a mistake"),
    "conditions.restore": _l("%(who)s took back that a condition of %(whom)s was a mistake"),
    "allergies.record": _l("%(who)s wrote down an allergy of %(whom)s"),
    "allergies.change": _l("%(who)s changed an allergy of %(whom)s"),
    "allergies.state_none": _l("%(who)s noted that %(whom)s knows of no allergy"),
    "allergies.mark_mistaken": _l("%(who)s marked an allergy of %(whom)s as a mistake"),
    "allergies.restore": _l("%(who)s took back that an allergy of %(whom)s was a mistake"),
    "immunizations.record": _l("%(who)s wrote down a vaccination of %(whom)s"),
    "immunizations.change": _l("%(who)s changed a vaccination of %(whom)s"),
    "immunizations.mark_mistaken": _l("%(who)s marked a vaccination of %(whom)s as a mistake"),
    "immunizations.restore": _l("%(who)s took back that a vaccination of %(whom)s was a mistake"),
    "procedures.record": _l("%(who)s wrote down a procedure of %(whom)s"),
    "procedures.change": _l("%(who)s changed a procedure of %(whom)s"),
    "procedures.mark_mistaken": _l("%(who)s marked a procedure of %(whom)s as a mistake"),
    "procedures.restore": _l("%(who)s took back that a procedure of %(whom)s was a mistake"),
    "measurements.record": _l("%(who)s wrote down measured values of %(whom)s"),
    "measurements.mark_mistaken": _l("%(who)s marked measured values of %(whom)s as a mistake"),
    "measurements.restore": _l("%(who)s took back that measured values of %(whom)s were a mistake"),
    "measurements.ensure_partitions": _l("%(who)s made room for measured values"),
    "imports.write_conditions": _l("%(who)s imported conditions"),
    "imports.write_allergies": _l("%(who)s imported allergies"),
    "imports.write_immunizations": _l("%(who)s imported vaccinations"),
    "imports.write_procedures": _l("%(who)s imported procedures"),
    "imports.write_measurements": _l("%(who)s imported measured values"),
}
