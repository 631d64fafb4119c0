"""What the worker runs: handlers by subject, each called with a session in the scope of the clinic it is about."""

from clinic.work import audit, holds, keeping, throttles, visits

__all__ = ["audit", "holds", "keeping", "throttles", "visits"]
