"""Asking a worker to stop, in whichever of its processes the batch in hand is judged."""

import mmap


class Shutdown:
    """A flag shared with processes forked later: Celery tells only the main process of SIGTERM."""

    def __init__(self) -> None:
        self._flag = mmap.mmap(-1, 1)

    def ask(self) -> None:
        """Asks every process to give up its batch: what is judged is recorded, the rest is due again."""
        self._flag[0] = 1

    @property
    def asked(self) -> bool:
        """Whether anyone asked."""
        return self._flag[0] == 1
