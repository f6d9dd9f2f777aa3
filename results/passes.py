"""How far sources got: passes over something long, held by one process at a time and resumed by any."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, Engine, and_, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from results.engine import moment, writing
from results.schema import source_passes as kept

RESUMABLE = timedelta(days=1)
"""A pass that stood still for longer begins anew: what arrived behind it since would wait for too long."""


@dataclass(frozen=True, slots=True)
class Pass:
    """A pass that a process may make now."""

    position: str | None
    """How far it got before it was cut off; None for a new pass."""
    finished_at: datetime | None
    """When the last whole pass ended, whoever made it."""


class Passes:
    """Hands each pass to one process at a time, for a bounded time that every step prolongs."""

    def __init__(self, engine: Engine) -> None:
        """Uses an open ledger.

        Args:
            engine: The ledger's engine.
        """
        self._engine = engine

    def begin(self, name: str, holder: str, seconds: float, interval: float) -> Pass | None:
        """Takes a pass in hand if it is time for it and nobody else holds it.

        Args:
            name: What the pass goes over, e.g. `gs://bucket/prefix`.
            holder: Who asks; unique among processes.
            seconds: How long the hold lasts without a step.
            interval: Seconds from the end of the last whole pass to the next.

        Returns:
            The pass; None when it is another's or not yet time.
        """
        self._ensure(name)
        with writing(self._engine) as connection:
            now = moment(connection)
            cut_off = and_(kept.c.position.is_not(None), kept.c.held_until > now - RESUMABLE)
            is_time = or_(
                kept.c.finished_at.is_(None), kept.c.finished_at <= now - timedelta(seconds=interval), cut_off
            )
            found = connection.execute(
                select(kept.c.position, kept.c.finished_at, cut_off.label("cut_off"))
                .where(kept.c.name == name, _is_free(now, holder), is_time)
                .with_for_update()
            ).one_or_none()
            if found is None:
                return None
            position = found.position if found.cut_off else None
            until = now + timedelta(seconds=seconds)
            connection.execute(
                update(kept)
                .where(kept.c.name == name)
                .values(holder=holder, held_until=until, position=position)
            )
        return Pass(position, found.finished_at)

    def advance(self, name: str, holder: str, position: str, seconds: float) -> bool:
        """Keeps how far a pass got, and prolongs the hold on it.

        Args:
            name: What the pass goes over.
            holder: Who made the step.
            position: How far it got.
            seconds: How long the hold lasts from now.

        Returns:
            False when the pass is no longer the holder's: stop.
        """
        with writing(self._engine) as connection:
            until = moment(connection) + timedelta(seconds=seconds)
            return _change(connection, name, holder, {"position": position, "held_until": until})

    def is_held(self, name: str, holder: str) -> bool:
        """Whether a pass is still the holder's."""
        with self._engine.connect() as connection:
            query = select(kept.c.name).where(kept.c.name == name, kept.c.holder == holder)
            return connection.execute(query).one_or_none() is not None

    def end(self, name: str, holder: str) -> datetime | None:
        """Marks a pass as whole: the next begins when its interval is over.

        Args:
            name: What the pass goes over.
            holder: Who ended it.

        Returns:
            When it ended, by the ledger's clock; None when the pass was no longer the holder's.
        """
        with writing(self._engine) as connection:
            now = moment(connection)
            ended = {"position": None, "finished_at": now, "holder": None}
            return now if _change(connection, name, holder, ended) else None

    def leave(self, name: str, holder: str) -> None:
        """Lets another process go on at once where this one stopped; nothing if the hold was given up."""
        with writing(self._engine) as connection:
            _change(connection, name, holder, {"holder": None})

    def _ensure(self, name: str) -> None:
        """Makes the row of a pass that nobody has made yet."""
        with self._engine.connect() as connection:
            if connection.execute(select(kept.c.name).where(kept.c.name == name)).one_or_none():
                return
        try:
            with writing(self._engine) as connection:
                connection.execute(insert(kept).values(name=name))
        except IntegrityError:
            return  # another process was faster


def _is_free(now: datetime, holder: str) -> ColumnElement[bool]:
    """Whether a pass is in nobody's hands, or in the asker's own."""
    return or_(kept.c.holder.is_(None), kept.c.held_until <= now, kept.c.holder == holder)


def _change(connection: Connection, name: str, holder: str, values: Mapping[str, object]) -> bool:
    """Writes to a pass if it is still the holder's."""
    mine = (kept.c.name == name, kept.c.holder == holder)
    return connection.execute(update(kept).where(*mine).values(**values)).rowcount == 1
