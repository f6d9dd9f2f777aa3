"""A real RabbitMQ for tests: Debian's rabbitmq-server in a folder of its own, on ports of its own."""

import os
import shutil
import socket
import subprocess
from pathlib import Path

import psutil
from kombu import Connection

from tests.servers import NoServer, Server, forget_broken_connections
from tests.waiting import attempts

PROGRAM = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")
"""The server itself: what Debian puts on the PATH changes to another user first."""


class RabbitServer(Server):
    """A RabbitMQ on 127.0.0.1; started again it is empty, since its rings are all that it holds."""

    def __init__(self) -> None:
        """Chooses free ports; `start` starts the server.

        Raises:
            NoServer: rabbitmq-server is not installed.
        """
        if not PROGRAM.exists() or shutil.which("epmd") is None:
            raise NoServer("no RabbitMQ: apt-get install rabbitmq-server")
        super().__init__("rabbit")
        probes = [socket.socket() for _ in range(3)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        self.port, self._names_port, self._peers_port = (probe.getsockname()[1] for probe in probes)
        for probe in probes:
            probe.close()
        self._running: list[subprocess.Popen[bytes]] = []

    @property
    def url(self) -> str:
        """The broker URL."""
        return f"amqp://guest:guest@127.0.0.1:{self.port}//"

    def processes(self) -> list[psutil.Process]:
        """The server, its helpers and the daemon that knows its name; empty when it does not run."""
        alive = [psutil.Process(process.pid) for process in self._running if process.poll() is None]
        return [one for parent in alive for one in (parent, *parent.children(recursive=True))]

    def start(self) -> None:
        """Starts the server, empty, and waits until it answers."""
        data = self.folder / "data"
        shutil.rmtree(data, ignore_errors=True)
        environment = {
            **os.environ,
            "HOME": str(self.folder),  # where Erlang keeps its cookie
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(self._names_port),
            "RABBITMQ_NODENAME": f"countersign{self.port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(self._peers_port),
            "RABBITMQ_MNESIA_BASE": str(data),
            "RABBITMQ_LOG_BASE": str(self.folder / "log"),
            "RABBITMQ_CONF_ENV_FILE": str(self.folder / "none"),
            "RABBITMQ_CONFIG_FILE": str(self.folder / "none"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.folder / "none"),
            # Not its own daemon, which would outlive it, and no port for peers but on this machine.
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": (
                "-start_epmd false -kernel inet_dist_use_interface {127,0,0,1}"
            ),
        }
        self._running = [
            subprocess.Popen(
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
            )
            for command in (["epmd"], [str(PROGRAM)])
        ]
        with Connection(self.url, connect_timeout=5) as connection:
            for attempt in attempts(errors=connection.connection_errors):
                with attempt:
                    connection.connect()
        forget_broken_connections()

    def kill(self) -> None:
        """Kills the server (SIGKILL) and waits until it is gone; its rings are lost."""
        super().kill()
        for process in self._running:
            process.wait(10)
