"""What is copied onto machines: units, rules, scripts and the server's front door."""

import json
import os
import re
import shutil
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from kiosk import config as kiosk_config
from shared.kernel import limits
from sync_server import config as server_config

ROOT = Path(__file__).resolve().parent.parent
DEPLOY = ROOT / "deploy"
UNITS = sorted((DEPLOY / "systemd").glob("linqu-*"))
ONCE = [unit for unit in UNITS if "Type=oneshot" in unit.read_text("utf-8")]
SERVICES = [unit for unit in UNITS if unit.suffix == ".service" and unit not in ONCE]
KIOSK_PROCESSES = ("web", "sync", "print", "scan", "copy", "relay")
INSTALLED_AT = "/opt/linqu/"
FROM_DEBIAN = {"/usr/bin/cage": "cage", "/usr/bin/chromium": "chromium"}
RUN_SECONDS = 20
READY_SECONDS = 3


def names(paths: list[Path]) -> list[str]:
    return [path.name for path in paths]


def unit_lines(path: Path) -> list[tuple[str, str, str]]:
    """Section, key and value of each line; configparser would refuse systemd's repeated keys."""
    section, found = "", []
    for line in path.read_text("utf-8").splitlines():
        if line.startswith("["):
            section = line.strip("[]")
        elif line and not line.startswith("#"):
            key, _, value = line.partition("=")
            found.append((section, key, value))
    return found


def value_of(path: Path, key: str) -> str:
    return next(value for _section, name, value in unit_lines(path) if name == key)


# --- units ------------------------------------------------------------------------------------------------------------


def verify(units: list[Path], folder: Path) -> str:
    """What systemd-analyze says about units whose programs are put where this checkout has them."""
    for unit in units:
        text = unit.read_text("utf-8").replace(f"{INSTALLED_AT}.venv/bin/python", sys.executable)
        text = text.replace(INSTALLED_AT, f"{ROOT}/")
        for program in FROM_DEBIAN:
            text = text.replace(program, shutil.which(Path(program).name) or "/bin/true")
        (folder / unit.name).write_text(text)
    command = ["systemd-analyze", "verify", "--man=no", *(str(folder / unit.name) for unit in units)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=RUN_SECONDS, check=False)
    ours = (line for line in (done.stdout + done.stderr).splitlines() if "linqu" in line or str(folder) in line)
    return "\n".join(ours) or ("" if done.returncode == 0 else done.stderr)


KNOWN_SECTIONS = {"Unit", "Service", "Install", "Timer"}


def test_units_are_what_systemd_understands(tmp_path: Path) -> None:
    assert len(SERVICES) == len(KIOSK_PROCESSES) + 2
    for unit in UNITS:
        assert {section for section, _, _ in unit_lines(unit)} <= KNOWN_SECTIONS
        assert all(
            (key and value) or key in {"CapabilityBoundingSet", "AmbientCapabilities"}
            for _, key, value in unit_lines(unit)
        )
    if shutil.which("systemd-analyze"):
        broken = tmp_path / "linqu-broken.service"
        broken.write_text("[Service]\nExecStart=/bin/true\nRestartSecs=2\n")
        (tmp_path / "bad").mkdir()
        assert "RestartSecs" in verify([broken], tmp_path / "bad")
        (tmp_path / "good").mkdir()
        assert verify(UNITS, tmp_path / "good") == ""


@pytest.mark.parametrize("unit", SERVICES, ids=names(SERVICES))
def test_every_service_is_confined_and_comes_back(unit: Path) -> None:
    keys = {key: value for _section, key, value in unit_lines(unit)}
    assert keys["User"] not in {"", "root"}
    assert keys["NoNewPrivileges"] == "yes"
    assert keys["ProtectSystem"] in {"strict", "full"}
    assert keys["Restart"] == "always"
    assert keys["StartLimitIntervalSec"] == "0"


def test_only_the_processes_with_hardware_reach_devices() -> None:
    for process in KIOSK_PROCESSES:
        text = (DEPLOY / "systemd" / f"linqu-kiosk-{process}.service").read_text("utf-8")
        assert "DevicePolicy=closed" in text
        assert ("PrivateDevices=yes" in text) == (process not in {"print", "scan"})


def test_accounts_of_the_units_are_declared() -> None:
    declared = set(re.findall(r"^u (\S+)", (DEPLOY / "systemd/sysusers.d/linqu.conf").read_text("utf-8"), re.MULTILINE))
    assert {value_of(unit, "User") for unit in SERVICES} == declared


def test_the_target_starts_every_kiosk_process() -> None:
    wanted = {
        unit
        for _s, key, value in unit_lines(DEPLOY / "systemd/linqu-kiosk.target")
        if key == "Wants"
        for unit in value.split()
    }
    assert wanted == {unit.name for unit in SERVICES if "server" not in unit.name}
    for unit in SERVICES:
        expected = "multi-user.target" if "server" in unit.name else "linqu-kiosk.target"
        assert value_of(unit, "WantedBy") == expected


@pytest.mark.parametrize("unit", SERVICES, ids=names(SERVICES))
def test_programs_named_in_units_exist(unit: Path) -> None:
    words = value_of(unit, "ExecStart").split()
    for program in (word for word in words if word.startswith("/")):
        if program == f"{INSTALLED_AT}.venv/bin/python":
            continue
        if program.startswith(INSTALLED_AT):
            assert os.access(ROOT / program.removeprefix(INSTALLED_AT), os.X_OK)
        else:
            assert program in FROM_DEBIAN


def settings_read_by(paths: list[Path]) -> set[str]:
    """The environment variables that a program reads: `text("PORT")` and `number("PORT")` add the LINQU_ before it."""
    source = "".join(path.read_text("utf-8") for path in paths)
    prefixed = re.findall(r"\b(?:text|number)\(\s*\"([A-Z_]+)\"", source)
    return {f"LINQU_{name}" for name in prefixed} | set(re.findall(r"\b(?:LINQU_[A-Z_]+|DATABASE_URL)\b", source))


@pytest.mark.parametrize(
    ("program", "reads"),
    [("kiosk", "kiosk/config.py"), ("server", "sync_server/config.py"), ("screen", "deploy/open-screen.sh")],
)
def test_settings_offered_to_people_are_read(program: str, reads: str) -> None:
    known = settings_read_by([ROOT / reads])
    offered = re.findall(r"^#?([A-Z_]+)=", (DEPLOY / f"systemd/env/{program}.env").read_text("utf-8"), re.MULTILINE)
    set_by_unit = [
        word.partition("=")[0]
        for unit in SERVICES
        if program in unit.name
        for _section, key, value in unit_lines(unit)
        if key == "Environment"
        for word in value.split()
        if word.startswith("LINQU_")
    ]
    assert len(offered) > 1
    assert {*offered, *set_by_unit} - known == set()


def test_the_screen_opens_the_page_where_the_kiosk_listens() -> None:
    script = (DEPLOY / "open-screen.sh").read_text("utf-8")
    assert f"port=${{LINQU_PORT:-{kiosk_config.read_config({}).port}}}" in script


def help_of(*words: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", *words, "--help"]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=RUN_SECONDS, check=False)


@pytest.mark.parametrize("unit", [u for u in SERVICES if "screen" not in u.name], ids=lambda unit: unit.name)
def test_commands_named_in_units_are_known(unit: Path) -> None:
    module, verb, *process = value_of(unit, "ExecStart").split(" -m ")[1].split()
    done = help_of(module, verb)
    assert done.returncode == 0, done.stderr
    for name in process:
        assert re.search(rf"\b{name}\b", done.stdout), f"`{module} {verb}` does not offer {name}:\n{done.stdout}"


@pytest.mark.parametrize(
    ("module", "verbs"),
    [
        ("kiosk", ("run", "enrol", "doctor", "backup")),
        ("sync_server", ("run", "init", "doctor", "import", "backup")),
    ],
)
def test_roofs_offer_their_commands(module: str, verbs: tuple[str, ...]) -> None:
    done = help_of(module)
    assert done.returncode == 0, done.stderr
    offered = done.stdout.partition("Commands:")[2]
    assert set(verbs) - set(re.findall(r"^  ([a-z]+)\b", offered, re.MULTILINE)) == set()
    assert help_of(module, "no-such-command").returncode != 0


# --- screen, devices, front door --------------------------------------------------------------------------------------


def test_the_browser_may_go_nowhere_else() -> None:
    policy = json.loads((DEPLOY / "chromium/linqu.json").read_text("utf-8"))
    assert policy["URLBlocklist"] == ["*"]
    assert policy["URLAllowlist"] == ["http://127.0.0.1"]
    assert "http://127.0.0.1:$port$path" in (DEPLOY / "open-screen.sh").read_text("utf-8")


MATCH = re.compile(r'(ACTION|SUBSYSTEM|KERNEL|ATTRS?\{\w+\}|ENV\{\w+\})(==|!=)"[^"]+"')
ASSIGN = re.compile(
    r'(GROUP="(lp|dialout|video)"|MODE="0660"|SYMLINK\+="linqu-(printer|scanner|camera)"|GOTO="linqu_end"|LABEL="linqu_end"|'
    r'RUN\+="/usr/bin/systemd-mount --no-block --collect --options=[\w=,]+ \$devnode /media/linqu")'
)


def rule_faults(line: str) -> list[str]:
    """The parts of a udev rule that are neither a match nor an assignment that we use."""
    return [part for part in line.split(", ") if not MATCH.fullmatch(part) and not ASSIGN.fullmatch(part)]


def test_udev_rules_give_stable_names() -> None:
    lines = (DEPLOY / "udev/70-linqu.rules").read_text("utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rule_faults('SUBSYSTEM="tty", SYMLINK+="linqu-printer"') == ['SUBSYSTEM="tty"']
    assert [fault for rule in rules for fault in rule_faults(rule)] == []
    assert {name for rule in rules for name in re.findall(r'SYMLINK\+="([\w-]+)"', rule)} == {
        "linqu-printer",
        "linqu-scanner",
        "linqu-camera",
    }


BYTES = {"m": 1024 * 1024, "k": 1024}


def body_limits(config: str) -> list[int]:
    found = re.findall(r"client_max_body_size (\d+)([mk]);", config)
    return [int(number) * BYTES[unit] for number, unit in found]


def test_front_door_agrees_with_the_limits_of_the_application() -> None:
    config = (DEPLOY / "nginx/linqu.conf").read_text("utf-8")
    assert config.count("{") == config.count("}")
    assert body_limits(config) == [
        limits.BODY_BYTES,
        limits.IMPORT_BODY_BYTES,
        limits.CARRY_BYTES,
        limits.RELAY_BYTES,
        limits.SYNC_BODY_BYTES,
    ]
    assert f"server 127.0.0.1:{server_config.read_config({}).port};" in config
    statements = [line.split("#")[0].strip() for line in config.splitlines()]
    assert [s for s in statements if s and s[-1] not in ";{}"] == []
    for header in ("X-Forwarded-For $remote_addr", "X-Forwarded-Proto $scheme", "Host $host"):
        assert f"proxy_set_header {header};" in config


def test_front_door_writes_no_phone_number_down() -> None:
    """Operators look for residents by phone; the log keeps the path of what was asked, not the question."""
    config = (DEPLOY / "nginx/linqu.conf").read_text("utf-8")
    form = re.search(r"log_format linqu '([^']+)';", config)
    assert form is not None
    assert "access_log /var/log/nginx/linqu.log linqu;" in config
    assert "$uri" in form[1]
    assert not re.search(r"\$(request\b|request_uri|args|query_string|http_referer)", form[1])


# --- wheel ------------------------------------------------------------------------------------------------------------


def test_the_wheel_holds_the_product_with_its_pages_and_nothing_else(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=RUN_SECONDS, check=False)
    assert done.returncode == 0, done.stderr
    with zipfile.ZipFile(next(tmp_path.glob("linqu-*.whl"))) as wheel:
        inside = set(wheel.namelist())
    product = {"kiosk", "sync_server", "shared", "hardware", "static"}
    assert {name.split("/")[0] for name in inside if ".dist-info/" not in name} == product
    needed = [
        p for floor in product for p in (ROOT / floor).rglob("*") if p.suffix in {".py", ".html", ".css", ".js", ".mo"}
    ]
    assert [p for p in needed if p.relative_to(ROOT).as_posix() not in inside] == []


# --- setup ------------------------------------------------------------------------------------------------------------


def bare_machine(folder: Path, python: str) -> dict[str, str]:
    """A search path with nothing but the basic tools and a python3 that behaves as told."""
    tools = folder / "bin"
    tools.mkdir()
    for tool in ("bash", "cat", "dirname", "env", "find", "grep", "head", "id", "mktemp", "rm", "sha256sum", "tr"):
        (tools / tool).symlink_to(shutil.which(tool) or pytest.fail(f"{tool} is missing"))
    (tools / "python3").write_text(f"#!/bin/bash\n{python}\n")
    (tools / "python3").chmod(0o755)
    return {"PATH": str(tools), "HOME": str(folder), "LINQU_SYSTEM_PACKAGES": "no"}


def run_setup(root: Path, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    script = root / "deploy" / "setup.sh"
    return subprocess.run([script], env=env, capture_output=True, text=True, timeout=RUN_SECONDS, check=False)


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    root = tmp_path / "linqu with a space"
    (root / "deploy").mkdir(parents=True)
    shutil.copy(DEPLOY / "setup.sh", root / "deploy")
    (root / "requirements.txt").write_text("")
    return root


def test_setup_names_the_python_it_needs(copy: Path, tmp_path: Path) -> None:
    done = run_setup(copy, bare_machine(tmp_path, 'if [ "$1" = --version ]; then echo Python 3.9.2; else exit 1; fi'))
    assert done.returncode == 1
    assert done.stderr == "setup: Python 3.11 or newer is needed; this machine has Python 3.9.2\n"


def test_setup_names_the_package_for_virtual_environments(copy: Path, tmp_path: Path) -> None:
    python = 'case "$*" in *ensurepip*) exit 1;; *print*) echo python3.11;; esac'
    done = run_setup(copy, bare_machine(tmp_path, python))
    assert done.returncode == 1
    assert "install the package python3-venv" in done.stderr


def test_setup_of_a_ready_machine_is_quick_and_silent(copy: Path) -> None:
    programs = copy / ".venv" / "bin"
    programs.mkdir(parents=True)
    for name, command in (("python", f'exec {sys.executable} "$@"'), ("pip", "exit 0")):
        (programs / name).write_text(f"#!/bin/sh\n{command}\n")
        (programs / name).chmod(0o755)
    env = {**os.environ, "LINQU_SYSTEM_PACKAGES": "no"}
    first = run_setup(copy, env)
    assert first.returncode == 0, first.stderr
    assert "installing the libraries pinned in requirements.txt" in first.stdout
    started = time.monotonic()
    again = run_setup(copy, env)
    assert time.monotonic() - started < READY_SECONDS
    assert again.returncode == 0, again.stderr
    assert [line for line in again.stdout.splitlines() if "still missing" not in line] == []


def test_make_alone_prints_what_there_is() -> None:
    done = subprocess.run(["make", "-C", str(ROOT)], capture_output=True, text=True, timeout=RUN_SECONDS, check=True)
    targets = set(re.findall(r"^  make (\w+)", done.stdout, re.MULTILINE))
    assert {"setup", "demo", "test", "check", "bench", "format", "requirements", "screenshots", "clean"} <= targets
