"""The pulse: whether the database answers within a second, asked on a connection of its own, not one of the pool's."""

from concurrent.futures import ThreadPoolExecutor

import psycopg

SECONDS = 1


class Pulse:
    """One connection a process, and one who asks on it; whoever wants to know meanwhile waits for a second at most."""

    def __init__(self, database_url: str):
        self.database_url = database_url
        self.connection = None
        self.asking = ThreadPoolExecutor(max_workers=1, thread_name_prefix="pulse")

    def beats(self) -> bool:
        """Ask the database anything."""
        asked = self.asking.submit(self._ask)
        try:
            return asked.result(SECONDS)
        except TimeoutError:
            asked.cancel()
            return False

    def _ask(self):
        # Twice: the connection may be one that the database has ended since it was last used.
        return self._answers() or self._answers()

    def _answers(self):
        try:
            if self.connection is None:
                self.connection = psycopg.connect(
                    self.database_url, autocommit=True, connect_timeout=2, tcp_user_timeout=3000
                )
            self.connection.execute("SELECT 1")
        except psycopg.Error:
            if self.connection:
                self.connection.close()
            self.connection = None
            return False
        return True
