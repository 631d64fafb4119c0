"""How long the worker keeps trying a job that failed."""

import procrastinate
from procrastinate.retry import RetryDecision

from clinic.integrations.mail import MailRefused

MOST_ATTEMPTS = 5
# However long an outside service was away, nothing waits for more than this once it is back.
LONGEST_WAIT = 240
TRIES_OF_THE_REFUSED = 2


class Patience(procrastinate.BaseRetryStrategy):
    """Waits threefold each time, 3 to 240 seconds; what was refused for good is tried once more and not for an hour."""

    def __init__(self, attempts=None):
        self.attempts = attempts or MOST_ATTEMPTS

    def get_retry_decision(self, *, exception, job):
        """When to try again, or None to give up; ``job.attempts`` counts the tries before this one."""
        most = TRIES_OF_THE_REFUSED - 1 if isinstance(exception, MailRefused) else self.attempts
        if job.attempts >= most:
            return None
        return RetryDecision(retry_in={"seconds": min(3 ** (job.attempts + 1), LONGEST_WAIT)})
