"""The shape of the code, proven: import direction, fast paths, sizes, no secrets or hosts."""

from __future__ import annotations

import ast
import functools
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
FORBIDDEN_NAMES = re.compile(r"^(utils|common|helpers|misc)\.py$|_v\d+\.py$")
MAX_MODULE_LINES = 300
MAX_FUNCTION_LINES = 40
HEAVY = ("distilabel", "torch", "datasets", "datatrove", "math_verify", "pyarrow", "xllamacpp")


def iterate_modules(*folders: str) -> Iterator[Path]:
    for folder in folders:
        yield from sorted((ROOT / folder).rglob("*.py"))


@functools.cache
def parse_module(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def list_imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(parse_module(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


def test_imports_go_from_builders_to_pipelines_and_never_back() -> None:
    upwards = {
        str(path.relative_to(ROOT)): name
        for path in iterate_modules("distilabel_pipelines")
        for name in list_imports(path)
        if name.split(".")[0] in {"builders", "tests", "benchmarks"}
    }
    assert upwards == {}


def test_builders_import_neither_tests_nor_another_script() -> None:
    wrong = {
        str(path.relative_to(ROOT)): name
        for path in iterate_modules("builders")
        for name in list_imports(path)
        if name.split(".")[0] in {"tests", "benchmarks"} or name.startswith("builders.build_")
    }
    assert wrong == {}


def test_dataset_cards_hold_templates_only() -> None:
    files = [path for path in (ROOT / "dataset_cards").rglob("*") if path.is_file()]
    assert {path.suffix for path in files} == {".jinja"}


@pytest.mark.parametrize(
    "module",
    [
        "builders.build_reasoning",
        "builders.card",
        "builders.checks",
        "builders.dedup",
        "builders.manifest",
        "builders.package",
        "builders.push_dataset",
        "builders.rebuild_dataset",
        "builders.seed_loader",
        "distilabel_pipelines.gateway.handle",
        "distilabel_pipelines.reasoning",
    ],
)
def test_heavy_packages_are_imported_only_where_they_are_used(module: str) -> None:
    program = f"import sys, {module}; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


def test_no_module_is_a_drawer_for_everything() -> None:
    modules = iterate_modules("builders", "distilabel_pipelines", "tests", "benchmarks")
    assert [path.name for path in modules if FORBIDDEN_NAMES.search(path.name)] == []


def test_modules_and_functions_stay_small() -> None:
    too_long: list[str] = []
    for path in iterate_modules("builders", "distilabel_pipelines"):
        text = path.read_text(encoding="utf-8")
        if text.count("\n") > MAX_MODULE_LINES:
            too_long.append(f"{path.relative_to(ROOT)}: {text.count(chr(10))} lines")
        for node in ast.walk(parse_module(path)):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or 0) - node.lineno + 1
                if lines > MAX_FUNCTION_LINES:
                    too_long.append(f"{path.relative_to(ROOT)} {node.name}: {lines} lines")
    assert too_long == []


def test_every_module_opens_with_its_purpose() -> None:
    modules = iterate_modules("builders", "distilabel_pipelines", "tests", "benchmarks")
    silent = [
        str(path.relative_to(ROOT))
        for path in modules
        if ast.get_docstring(parse_module(path)) is None
    ]
    assert silent == []


def test_locks_name_no_host_and_pin_every_package_by_hash() -> None:
    for lock in sorted(ROOT.glob("requirements*.lock")):
        text = lock.read_text(encoding="utf-8")
        assert "://" not in text, lock.name
        pins = re.findall(r"^[a-z0-9][^\n]*==", text, flags=re.MULTILINE | re.IGNORECASE)
        assert len(pins) > 30, lock.name
        assert text.count("--hash=sha256:") >= len(pins), lock.name


def test_no_absolute_path_of_a_machine_stands_in_the_repository() -> None:
    """Tests may hold made-up paths (they show that such paths are hidden), the rest none at all."""
    machine_path = re.compile(r"/(?:home|root|Users)/\w+/|/work/(?:main|shared)\b")
    folders = ("builders", "distilabel_pipelines", "dataset_cards", "benchmarks", "docs", ".ci")
    files = [path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()]
    files += [path for path in ROOT.iterdir() if path.is_file()]
    named = [
        str(path.relative_to(ROOT))
        for path in files
        if "__pycache__" not in path.parts
        and machine_path.search(path.read_text(encoding="utf-8", errors="ignore"))
    ]
    assert named == []


def test_every_module_is_listed_with_its_purpose() -> None:
    """docs/modules.md holds the first line of each docstring: a changed purpose shows there."""
    listed = (ROOT / "docs" / "modules.md").read_text(encoding="utf-8")
    lines = {" ".join(line.split()) for line in listed.splitlines()}
    missing = []
    for path in iterate_modules("builders", "distilabel_pipelines", "benchmarks"):
        name = "/".join(path.relative_to(ROOT).parts[1:])
        docstring = ast.get_docstring(parse_module(path)) or ""
        line = f"{name} {docstring.splitlines()[0].rstrip('.')}" if docstring else name
        if path.name != "__init__.py" and line not in lines:
            missing.append(line)
    assert missing == []


def test_tests_of_trainers_stand_where_make_test_train_looks() -> None:
    marked = {
        path.relative_to(ROOT).parts[1]
        for path in iterate_modules("tests")
        if re.search(r"\bmark\.train\b", path.read_text(encoding="utf-8"))
    }
    assert marked == {"training", "trainer_formats"}
