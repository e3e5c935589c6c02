"""The package is whole: every folder declared and linked, data in the wheel, imports downwards."""

import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SETUPTOOLS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"][
    "setuptools"
]
# Folders inside these are reached by their links.
FOLDERS = {k: v for k, v in SETUPTOOLS["package-dir"].items() if k.count(".") == 1}


def folder_of(package):
    """A package's folder: mapped, or inside that of the nearest mapped one above it."""
    above = [n for n in SETUPTOOLS["package-dir"] if f"{package}.".startswith(f"{n}.")]
    top = max(above, key=len)
    inner = package.removeprefix(top).strip(".").split(".")
    return "/".join([SETUPTOOLS["package-dir"][top], *filter(None, inner)])


PACKAGES = {package: folder_of(package) for package in SETUPTOOLS["packages"]}


def test_every_folder_of_code_is_declared():
    on_disk = set()
    for name, top in SETUPTOOLS["package-dir"].items():
        for marker in (ROOT / top).rglob("__init__.py"):
            inner = marker.parent.relative_to(ROOT / top).parts
            on_disk.add(".".join([name, *inner]))
    # pathlib does not follow links on its way down, so no folder is found twice.
    assert sorted(SETUPTOOLS["packages"]) == sorted(on_disk)
    assert set(SETUPTOOLS["package-dir"]) <= set(SETUPTOOLS["packages"])


def test_every_module_lies_in_a_declared_folder():
    for top in SETUPTOOLS["package-dir"].values():
        for module in (ROOT / top).rglob("*.py"):
            assert (module.parent / "__init__.py").is_file(), module


@pytest.mark.parametrize(("package", "folder"), FOLDERS.items())
def test_links_point_to_the_folders(package, folder):
    link = ROOT / "cartflow" / package.removeprefix("cartflow.")
    if not link.is_symlink():
        pytest.skip("this checkout has no symbolic links")
    assert str(link.readlink()) == f"../{folder}"
    assert link.resolve() == (ROOT / folder).resolve()


def data_files():
    kinds = SETUPTOOLS["package-data"]
    return sorted(
        (Path(package.replace(".", "/")) / found.relative_to(ROOT / folder)).as_posix()
        for package, folder in PACKAGES.items()
        for kind in (*kinds["*"], *kinds.get(package, ()))
        for found in (ROOT / folder).glob(kind)
    )


def test_there_is_data():
    found = data_files()
    for name in (
        "cartflow/py.typed",
        "cartflow/__init__.pyi",
        "cartflow/data/references.bib",
        "cartflow/pbpk/data/body_mouse_28g.toml",
        "cartflow/kinetics/data/predator_prey.toml",
        "cartflow/examples/mouse_flank.toml",
    ):
        assert name in found


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """Build the wheel from a copy, so that nothing is written beside the code."""
    import shutil

    setuptools = pytest.importorskip("setuptools")
    if int(setuptools.__version__.split(".")[0]) < 80:
        pytest.skip(f"setuptools {setuptools.__version__} is older than the build asks for")
    source, out = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in ("pyproject.toml", "LICENSE", "README.md", "MANIFEST.in"):
        shutil.copy(ROOT / name, source / name)
    for folder in SETUPTOOLS["package-dir"].values():
        leave = shutil.ignore_patterns("__pycache__")
        shutil.copytree(
            ROOT / folder, source / folder, symlinks=True, ignore=leave, dirs_exist_ok=True
        )
    build = ["-m", "pip", "wheel", "--no-deps", "--no-build-isolation", "--quiet", "-w", str(out)]
    subprocess.run([sys.executable, *build, str(source)], check=True, capture_output=True)
    return zipfile.ZipFile(next(out.glob("*.whl")))


def test_the_wheel_holds_code_and_data_once(wheel):
    names = [name for name in wheel.namelist() if ".dist-info/" not in name]
    assert len(names) == len(set(names))
    assert set(data_files()) <= set(names)
    modules = {
        (Path(package.replace(".", "/")) / found.name).as_posix()
        for package, folder in PACKAGES.items()
        for found in (ROOT / folder).glob("*.py")
    }
    assert {name for name in names if name.endswith(".py")} == modules
    assert {name.split("/")[0] for name in names} == {"cartflow"}


def test_build_py_takes_code_and_data(monkeypatch):
    """Hold without a build what `test_the_wheel_holds_code_and_data_once` shows with one."""
    dist = pytest.importorskip("setuptools.dist")
    monkeypatch.chdir(ROOT)
    before = (ROOT / "build").exists()
    command = dist.Distribution(
        {
            "packages": SETUPTOOLS["packages"],
            "package_dir": SETUPTOOLS["package-dir"],
            # What pyproject.toml calls "*", setup() calls "".
            "package_data": {k.strip("*"): v for k, v in SETUPTOOLS["package-data"].items()},
            "include_package_data": SETUPTOOLS["include-package-data"],
        }
    ).get_command_obj("build_py")
    command.set_undefined_options = lambda *_: None
    command.build_lib, command.compile, command.optimize, command.force = "build", 0, 0, False
    command.finalize_options()
    taken = {
        (Path(package.replace(".", "/")) / name).as_posix()
        for package, _, _, names in command.data_files
        for name in names
    }
    assert taken == set(data_files())
    assert (ROOT / "build").exists() == before


def test_no_file_beside_the_code_is_left_out():
    for folder in SETUPTOOLS["package-dir"].values():
        for found in (ROOT / folder).rglob("*"):
            if found.is_file() and found.suffix != ".py" and "__pycache__" not in found.parts:
                inside = found.relative_to(ROOT / folder).as_posix()
                assert any(name.endswith(inside) for name in data_files()), found


def test_imports_run_downwards():
    done = subprocess.run(
        [Path(sys.executable).parent / "lint-imports", "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert " kept, 0 broken" in done.stdout
