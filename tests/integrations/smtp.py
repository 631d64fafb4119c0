"""A mail server on loopback that takes, refuses, stalls or hangs up, as it is told."""

import asyncio
from contextlib import contextmanager
from email import message_from_bytes, policy

from aiosmtpd.controller import Controller


class Mailbox:
    """What a server received; ``mood`` is how it behaves: well, refuse, later, hang_up, stall or rude_goodbye."""

    def __init__(self):
        self.mood = "well"
        self.received = []
        self.tries = 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        """Take or refuse the recipient."""
        self.tries += 1
        if self.mood == "refuse":
            return "550 No such mailbox"
        if self.mood == "later":
            return "451 Come again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        """Keep the message, or do not answer, or hang up."""
        if self.mood == "hang_up":
            server.transport.abort()
            return "250 never heard"
        if self.mood == "stall":
            await asyncio.sleep(30)
        self.received.append(envelope)
        return "250 OK"

    async def handle_QUIT(self, server, session, envelope):
        """Say goodbye, or vanish once the message is taken."""
        if self.mood == "rude_goodbye":
            server.transport.abort()
        return "221 Bye"

    @property
    def messages(self):
        """The received messages, read."""
        return [message_from_bytes(each.content, policy=policy.default) for each in self.received]


class _OnAnyPort(Controller):
    def _trigger_server(self):
        # It knocks at its own door to see that it is open, and has to know which one it got.
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def mail_server(**options):
    """Run a server on a free port; yields its mailbox and its port."""
    box = Mailbox()
    controller = _OnAnyPort(box, hostname="127.0.0.1", port=0, **options)
    controller.start()
    try:
        yield box, controller.port
    finally:
        controller.stop(no_assert=True)
