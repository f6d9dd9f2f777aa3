"""docker-compose.yml and what lies beside it: pinned, unprivileged, and consistent."""

import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from results.settings import Settings, read_settings
from tests.deploy.compose import FILE, ROOT, Service, document, env_file, read

SERVICES = read()
OURS = [name for name, service in SERVICES.items() if "build" in service.definition]
ONCE = {"migrate", "emulators"}
"""Services that do their work and end."""

each_service = pytest.mark.parametrize("service", SERVICES.values(), ids=SERVICES)


def test_compose_accepts_the_file() -> None:
    program = shutil.which("docker-compose")
    if not program:
        pytest.skip("no Compose: apt-get install docker-compose")
    profiles = [f"--profile={profile}" for profile in PROFILES]
    done = subprocess.run(
        [program, *profiles, "-f", str(FILE), "config", "-q"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_every_service_of_the_plan_is_there() -> None:
    plain = {name for name, service in SERVICES.items() if not service.profiles}
    assert plain == {"redis", "postgres", "migrate", "producer", "worker"}
    by_profile = {profile: {n for n, s in SERVICES.items() if profile in s.profiles} for profile in PROFILES}
    assert by_profile == PROFILES


PROFILES = {
    "gpu": {"worker-gpu"},
    "emulators": {"storage", "pubsub", "emulators"},
    "monitoring": {"flower", "prometheus", "grafana"},
}


@each_service
def test_image_is_pinned(service: Service) -> None:
    name, _, tag = service.definition["image"].rpartition(":")
    assert name
    assert re.search(r"\d+\.\d+", tag), f"{service.name}: {tag} may become another image tomorrow"


@each_service
def test_service_has_no_privilege(service: Service) -> None:
    given = service.definition
    assert given["read_only"] is True
    assert given["cap_drop"] == ["ALL"]
    assert given["security_opt"] == ["no-new-privileges:true"]
    assert re.fullmatch(r"[1-9]\d*:\d+", given["user"]), f"{service.name} must not run as root"
    assert not {"privileged", "cap_add", "network_mode", "pid"} & given.keys()


@each_service
def test_service_is_kept_running_and_looked_after(service: Service) -> None:
    assert service.definition["restart"] == ("on-failure" if service.name in ONCE else "unless-stopped")
    if service.name not in ONCE | {"flower"}:
        assert service.definition["healthcheck"]["test"]
    assert service.definition["logging"]["options"]["max-size"]


@each_service
def test_ports_are_open_to_this_machine_alone(service: Service) -> None:
    assert all(port.startswith("127.0.0.1:") for port in service.definition.get("ports", []))


@each_service
def test_no_password_is_in_the_environment(service: Service) -> None:
    for name, value in service.definition.get("environment", {}).items():
        assert not re.search("PASSWORD|SECRET|TOKEN|URL$", name) or str(value).startswith("/run/secrets/")


@each_service
def test_writable_places_are_tmpfs_or_volumes(service: Service) -> None:
    volumes = document()["volumes"]
    for source in service.mounts:
        bind = next(v for v in service.definition["volumes"] if v.startswith(source))
        assert source in volumes or bind.endswith(":ro"), f"{service.name} could write to {source}"


@each_service
def test_dependencies_and_secrets_exist(service: Service) -> None:
    whole = document()
    assert set(service.secrets) <= whole["secrets"].keys()
    for name, condition in service.definition.get("depends_on", {}).items():
        needed = whole["services"][name]
        ends = condition["condition"] == "service_completed_successfully"
        assert ends == (name in ONCE)
        assert ends or "healthcheck" in needed


@pytest.mark.parametrize("name", OURS)
def test_settings_in_the_environment_exist(name: str) -> None:
    known = {f"COUNTERSIGN_{field.upper()}" for field in Settings.model_fields}
    assert {v for v in SERVICES[name].definition["environment"] if v.startswith("COUNTERSIGN_")} <= known


def test_worker_gpu_asks_for_a_gpu_and_differs_in_nothing_else() -> None:
    gpu, cpu = SERVICES["worker-gpu"], SERVICES["worker"]
    (device,) = gpu.definition["deploy"]["resources"]["reservations"]["devices"]
    assert device["capabilities"] == ["gpu"]
    assert gpu.definition["build"]["target"] == "gpu"
    assert (gpu.secrets, gpu.environment, gpu.mounts) == (cpu.secrets, cpu.environment, cpu.mounts)


def test_secrets_are_made_once_and_fit_together(tmp_path: Path) -> None:
    script = str(shutil.copy(ROOT / "deploy" / "make-secrets", tmp_path))
    first, made = (_made(script, tmp_path / "secrets") for _ in range(2))
    assert made == first
    declared = {Path(secret["file"]).name for secret in document()["secrets"].values()}
    assert made.keys() == declared
    folder = (tmp_path / "secrets").stat()
    assert stat.S_IMODE(folder.st_mode) == 0o700, "nobody else on this machine may look in"
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o444 for file in (tmp_path / "secrets").iterdir()), (
        "containers read them under other user ids"
    )
    environment = SERVICES["postgres"].environment
    settings = read_settings(secrets_dir=tmp_path / "secrets")
    assert settings.database_url == (
        f"postgresql+psycopg://{environment['POSTGRES_USER']}:{made['postgres_password']}"
        f"@postgres:5432/{environment['POSTGRES_DB']}"
    )
    password = re.search("requirepass (.+)", made["redis_conf"])
    assert password
    assert settings.broker_url == f"redis://:{password[1]}@redis:6379/0"


def _made(script: str, folder: Path) -> dict[str, str]:
    """Runs the script; returns the secrets that are there then."""
    subprocess.run(["sh", script], check=True, capture_output=True, cwd="/")
    return {file.name: file.read_text() for file in folder.iterdir()}


def test_a_variable_goes_before_a_secret_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "countersign_database_url").write_text("sqlite:///from-file.db\n")
    monkeypatch.setenv("COUNTERSIGN_SECRETS_DIR", str(tmp_path))
    monkeypatch.delenv("COUNTERSIGN_DATABASE_URL", raising=False)
    assert read_settings().database_url == "sqlite:///from-file.db"
    monkeypatch.setenv("COUNTERSIGN_DATABASE_URL", "sqlite:///from-variable.db")
    assert read_settings().database_url == "sqlite:///from-variable.db"
    monkeypatch.setenv("COUNTERSIGN_SECRETS_DIR", str(tmp_path / "absent"))
    assert read_settings(broker_url=None).broker_url == "memory://"


def test_emulators_are_those_that_the_env_file_names() -> None:
    variables = env_file(ROOT / "deploy" / "emulators.env")
    services = read(variables)
    assert variables["COMPOSE_PROFILES"] == "emulators"
    assert services["producer"].command == ["watch", *variables["SOURCES"].split()]
    for name in ("producer", "worker", "emulators"):
        environment = services[name].environment
        assert environment["STORAGE_EMULATOR_HOST"] == "http://storage:4443"
        assert environment["PUBSUB_EMULATOR_HOST"] == "pubsub:8085"
    assert "STORAGE_EMULATOR_HOST" not in SERVICES["worker"].environment, "set by the env file alone"
    assert "-port=4443" in services["storage"].command
    assert "--host-port=0.0.0.0:8085" in services["pubsub"].command
    project = variables["GOOGLE_CLOUD_PROJECT"]
    assert f"-event.pubsub-project-id={project}" in services["storage"].command
    assert f"--project={project}" in services["pubsub"].command
