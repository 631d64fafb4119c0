"""The worker: the queue's own loop, the handlers in it, and what happens to a job whose worker died."""

import asyncio
import contextlib
import signal

import procrastinate
import psycopg
import structlog

from clinic import (
    jobs,
    work,  # noqa: F401 - the handlers register themselves
)
from clinic.work.handlers import HANDLERS, run
from clinic.work.patience import MOST_ATTEMPTS, Patience

SECONDS_WITHOUT_A_SIGN = 30  # three heartbeats: then a worker counts as dead
SECONDS_TO_FINISH = 5
EVERY_MINUTE = "* * * * *"
log = structlog.get_logger()


def build(app) -> procrastinate.App:
    """The queue as a worker of this application runs it: every handler a task, the due ones on their clock."""
    address = app.config["DATABASE_DIRECT_URL"].replace("postgresql+psycopg://", "postgresql://", 1)
    queue = jobs.for_worker(address)
    for handler in HANDLERS.values():
        task = queue.task(name=handler.name, retry=Patience(handler.attempts))(_task(app, handler.name))
        if handler.cron:
            # One waiting is enough: a worker that was away does not catch up on every minute it missed.
            queue.periodic(cron=handler.cron, queueing_lock=handler.name)(task)

    @queue.periodic(cron=EVERY_MINUTE, queueing_lock="jobs.rescue")
    @queue.task(name="jobs.rescue")
    async def rescue_left_behind(timestamp):
        await rescue(queue)

    return queue


def _task(app, name):
    def do(timestamp=None, **arguments):
        run(app, name, arguments)

    return do


async def rescue(queue, seconds=SECONDS_WITHOUT_A_SIGN):
    """Give the jobs of workers that died to those that live; a job that took several with it is given up."""
    for job in await queue.job_manager.get_stalled_jobs(seconds_since_heartbeat=seconds):
        handler = HANDLERS.get(job.task_name)
        if job.attempts < ((handler and handler.attempts) or MOST_ATTEMPTS):
            await _again(queue, job)
        else:
            await queue.job_manager.finish_job(job, procrastinate.jobs.Status.FAILED, delete_job=False)
        log.warning("job left behind", job=job.id, kind=job.task_name, attempts=job.attempts)


async def _again(queue, job):
    try:
        await queue.job_manager.retry_job(job)
    except procrastinate.exceptions.UniqueViolation:
        # Another of its kind waits already, and one is enough: this one goes, and those behind it are rescued too.
        await queue.job_manager.finish_job(job, procrastinate.jobs.Status.ABORTED, delete_job=True)


async def _work(queue):
    """Do jobs; True when asked to stop, False when it ended by itself."""
    for signum in (signal.SIGINT, signal.SIGTERM):
        # Cancelled, the queue's loop takes no new job and finishes the one in hand.
        asyncio.get_running_loop().add_signal_handler(signum, asyncio.current_task().cancel)
    try:
        async with queue.open_async():
            # Not only at their hour: a machine that is off at night needs the coming months and years too.
            for task in ("audit.partitions", "measurements.partitions"):
                with contextlib.suppress(procrastinate.exceptions.AlreadyEnqueued):
                    await queue.configure_task(task, queueing_lock=task).defer_async()
            await queue.run_worker_async(
                delete_jobs="successful",
                shutdown_graceful_timeout=SECONDS_TO_FINISH,
                stalled_worker_timeout=SECONDS_WITHOUT_A_SIGN,
                install_signal_handlers=False,
            )
    except asyncio.CancelledError:
        return True
    except (procrastinate.exceptions.ConnectorException, psycopg.Error) as error:
        log.error("worker lost the database", kind=type(error).__name__)
    return False


def run_worker(app) -> bool:
    """Do jobs until SIGINT or SIGTERM and return True; False where the database was lost, to be started again."""
    return asyncio.run(_work(build(app)))
