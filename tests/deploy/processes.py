"""The services of docker-compose.yml as plain processes of this machine.

What a container would see is replaced by substitution alone: host names become the tests' own servers,
mounted folders the tests' own folders, and the fixed port of `/health` a free one.
"""

import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tenacity import RetryError

from tests.deploy.compose import Service
from tests.waiting import until

COUNTERSIGN = Path(sys.executable).with_name("countersign")
PATH = f"{COUNTERSIGN.parent}:/usr/bin:/bin"
HEALTH_PORT = "9100"


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@dataclass
class Machine:
    """Where services run: what stands in for hosts, folders and secrets."""

    folder: Path
    secrets: Path
    """Every secret file, as deploy/make-secrets wrote them and with hosts put in place."""
    places: Mapping[str, str]
    """Host names and paths that a container sees, and what stands in for each here."""
    started: "list[Running]" = field(default_factory=list)

    def command(self, service: Service) -> list[str]:
        """The program and its arguments, as the image's entry point has it."""
        words = [*(service.entrypoint or ["countersign"]), *service.command]
        program = shutil.which(words[0], path=PATH)
        assert program, f"{words[0]} is not installed"
        here = (self.here(word) for word in words[1:])
        return [program, *(word.replace("/run/secrets", str(self.own_secrets(service))) for word in here)]

    def own_secrets(self, service: Service) -> Path:
        """The folder that stands in for a service's /run/secrets."""
        own = self.folder / f"secrets-of-{service.name}"
        own.mkdir(exist_ok=True)
        for name in service.secrets:
            (own / name).write_bytes((self.secrets / name).read_bytes())
        return own

    def environment(self, service: Service, port: int) -> dict[str, str]:
        """The variables of a service, and of this process only what any program needs."""
        given = {name: self.here(value) for name, value in service.environment.items()}
        return {
            "PATH": PATH,
            "HOME": str(self.folder),
            "TMPDIR": tempfile.gettempdir(),
            "COUNTERSIGN_SECRETS_DIR": str(self.own_secrets(service)),
            **given,
            "COUNTERSIGN_HEALTH_HOST": "127.0.0.1",
            "COUNTERSIGN_HEALTH_PORT": str(port),
        }

    def here(self, text: str) -> str:
        """A text with every host in it replaced, or a path as a whole."""
        if text.startswith("/"):
            return self.places.get(text, text)
        for seen, place in self.places.items():
            text = text if seen.startswith("/") else text.replace(seen, place)
        return text

    def run(self, service: Service, *words: str) -> str:
        """Runs a one-shot service, or a command as `docker compose exec` would, to its end."""
        command = self.command(service) if not words else [str(COUNTERSIGN), *words]
        done = subprocess.run(
            command,
            env=self.environment(service, free_port()),
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{shlex.join(command)}: {done.stdout}{done.stderr}"
        return done.stdout

    def start(self, service: Service, **variables: str) -> "Running":
        """Starts a service that keeps running, with further variables for its environment."""
        port = free_port()
        log = self.folder / f"{service.name}.log"
        with log.open("wb") as out:
            process = subprocess.Popen(
                self.command(service),
                env={**self.environment(service, port), **variables},
                cwd=self.folder,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        running = Running(service, process, port, log)
        self.started.append(running)
        return running


@dataclass
class Running:
    """A service that was started."""

    service: Service
    process: "subprocess.Popen[bytes]"
    port: int
    log: Path

    def is_healthy(self) -> bool:
        """What its own health check says."""
        kind, program, *words = self.service.definition["healthcheck"]["test"]
        assert (kind, program) == ("CMD", "python")
        words = [word.replace(f":{HEALTH_PORT}/", f":{self.port}/") for word in words]
        return subprocess.run([sys.executable, *words], capture_output=True, check=False).returncode == 0

    def wait_until_healthy(self, seconds: float = 300) -> None:
        """Waits for its health check, for so long at most."""
        try:
            until(self._is_up, seconds, every=0.5)
        except RetryError:
            raise AssertionError(self.log.read_text()) from None

    def _is_up(self) -> bool:
        """Whether it is healthy by now; one that has ended never will be."""
        assert self.process.poll() is None, self.log.read_text()
        return self.is_healthy()

    def stop(self) -> int:
        """Ends it as Compose does, with SIGTERM and the grace it is given; returns the exit status."""
        self.process.terminate()
        grace = float(self.service.definition["stop_grace_period"].removesuffix("s"))
        return self.process.wait(grace)

    def kill(self) -> None:
        """Ends whatever is left of it."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
