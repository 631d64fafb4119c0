"""Asking an outside service whether an insurance policy is in force: what is asked, and what comes back.

No service is built in: the desk verifies by hand. One that is added registers itself in ``SERVICES`` under the name
that the clinic's setting ``eligibility_service`` gives; without it nothing is lost but the button.
"""

from dataclasses import dataclass
from datetime import date
from typing import Protocol

from clinic.models.insurance import Eligibility

SETTING = "eligibility_service"


@dataclass(frozen=True, slots=True)
class Question:
    """Whom and what the insurer is asked about; ``asked_as`` is the same for the same policy asked again."""

    asked_as: str
    insurer_name: str
    plan_name: str | None
    member_id: str
    group_id: str | None
    patient_name: str
    date_of_birth: date | None


@dataclass(frozen=True, slots=True)
class Answer:
    """What the service said, and what it calls its answer; UNKNOWN where it does not know the policy."""

    status: Eligibility
    reference: str | None = None


class NotAnswered(Exception):
    """The service could not be had: it is asked again later."""


class Service(Protocol):
    """What a module that speaks to one service offers."""

    # What the button and the breaker call it.
    name: str

    def ask(self, question: Question) -> Answer:
        """Ask, and wait for the answer; raises NotAnswered where there is none to be had."""


# By the name in the clinic's setting: a callable that gives a Service.
SERVICES = {}


def service_of(settings: dict) -> Service | None:
    """The service that a clinic with these settings asks, or None where the desk verifies by hand alone."""
    make = SERVICES.get(settings.get(SETTING))
    return make() if make else None
