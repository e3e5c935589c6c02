"""The kinds of input that are spoilt: valid files of each, and the command that reads them."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from random import Random

import nibabel
import nrrd
import numpy as np
import xarray as xr
from spoil import NUMBERS, UNITS, WORDS, inside_gzip, spoilt_bytes, spoilt_fields, spoilt_text
from trees import write_spoilt

from cartflow.alone.simulate import simulate
from cartflow.analyses.compare import compare
from cartflow.analyses.sensitivity import sensitivity
from cartflow.cli import main
from cartflow.core.dataset import write
from cartflow.study.study import Study

Spoil = Callable[[Path, Random], Sequence[str]]
BASE = """
title = "tiny"
[body]
name = "mouse_28g"
[trafficking]
name = "khot2019"
[[doses]]
cells = "1e6 cells"
time = "10 s"
duration = "20 s"
[geometry]
{geometry}
[tumour]
host = "flank"
plasma_flow = "0.2 mL/min/mL"
[kinetics]
models = ["{model}"]
[kinetics.parameters]
growth_rate = "0.5 1/day"
[fields.cart]
diffusivity = "2 um^2/min"
[fields.cart.chemotaxis]
attractant = "tumour"
law = "receptor"
sensitivity = "1e-9 mm^5/cell/day"
half_saturation = "1e4 cells/mm^3"
[fields.cart.boundaries.{boundary}]
type = "robin"
transfer_coefficient = "0.1 mm/day"
exterior = "5 cells/mm^3"
[fields.tumour]
initial = "2e4 cells/mm^3"
[tissue]
porosity = 0.2
[tissue.hindrance]
law = "archie"
exponent = 1.4
[time]
end = "1 min"
save = ["20 s", "40 s"]
[solver]
tolerance = 1e-3
"""
BALL = 'shape = "ball"\nradius = "1 mm"\ncells = 4\nlayers = { outer = ["0.5 mm", "1 mm"] }'
SLAB = 'shape = "slab"\nlength = "1 mm"\ncells = 4'
BOX = 'shape = "box"\nlengths = ["1 mm", "2 mm"]\ncells = [3, 4]'
MASK = 'shape = "mask"\nfile = "image.nii"\nlabels = { viable = 1 }\ncoarsen = 2'
STUDIES = [
    BASE.format(geometry=BALL, model="predator_prey", boundary="rim"),
    BASE.format(geometry=SLAB, model="predator_prey", boundary="left"),
    BASE.format(geometry=BOX, model="predator_prey", boundary="left"),
    BASE.format(geometry=MASK, model="predator_prey", boundary="rim"),
    """
title = "marrow"
[body]
name = "mouse_28g"
[trafficking]
name = "khot2019"
scaling = "capture_per_pass"
[[doses]]
cells = "1e6 cells"
split = [0.5, 0.5]
interval = "20 s"
[organs.bone_marrow.kinetics]
models = ["predator_prey"]
[organs.bone_marrow.initial]
tumour = "1e4 cells/mm^3"
[time]
end = "1 min"
every = "20 s"
""",
]
SET_KEYS = ["title", "body", "body.name", "trafficking.scaling", "doses.0.cells", "doses.1.cells"]
SET_KEYS += ["doses", "geometry", "geometry.shape", "geometry.radius", "geometry.cells", "a.b.c"]
SET_KEYS += ["geometry.layers", "tumour.host", "tumour.region", "tumour.egress_rate", "kinetics"]
SET_KEYS += ["kinetics.models", "kinetics.parameters.growth_rate", "fields.cart", "fields", "time"]
SET_KEYS += ["fields.cart.diffusivity", "fields.cart.chemotaxis.law", "fields.tumour.initial"]
SET_KEYS += ["fields.cart.boundaries.rim.type", "fields.cart.regions.all.supply", "solver.engine"]
SET_KEYS += ["fields.cart.regions.all.removal", "tissue.porosity", "tissue.hindrance.law"]
SET_KEYS += ["time.end", "time.save", "time.every", "solver.tolerance", "solver.minimum_step"]
SET_KEYS += ["organs.liver", "references", "solver.fixed_step", "", ".", "..", "doses.-1", "é.ß"]
SET_VALUES = ["", "{}", "[]", "[1, 2]", "{a = 1}", '{shape = "slab", length = "1 mm", cells = 3}']
SET_VALUES += ['{core = "1 mm"}', "[[[[", '["20 s", "1 h"]', "2020-01-01", "1 mm", "fipy", '"""']
KINETICS = [
    files("cartflow.kinetics").joinpath(f"data/{name}.toml").read_text(encoding="utf-8")
    for name in ("predator_prey", "barros2021", "hardiansyah2019", "logistic_growth", "stein2019")
]
BODY = 'like = "mouse_28g"\nname = "mine"\n[organs.brain]\n'
BODY += 'blood_flow = { value = "21.42 mL/h", source = "assumed", standing = "assumed" }\n'
BODIES = [
    BODY,
    *(
        files("cartflow.pbpk").joinpath(f"data/{name}.toml").read_text(encoding="utf-8")
        for name in ("body_mouse_28g", "trafficking_khot2019", "trafficking_ganusov2014")
    ),
]
# Of a NIfTI-1 header: size, dims, type, spacing, offset, scaling, codes, quaternion, affine, magic.
NIFTI_FIELDS = [(0, 4), *((40 + 2 * i, 2) for i in range(8)), (70, 2), (72, 2), (108, 4), (112, 4)]
NIFTI_FIELDS += [*((76 + 4 * i, 4) for i in range(8)), (116, 4), (123, 1), (252, 2), (254, 2)]
NIFTI_FIELDS += [*((256 + 4 * i, 4) for i in range(6)), *((280 + 4 * i, 4) for i in range(12))]
NIFTI_FIELDS += [(344, 4), (348, 4)]
NRRD_LINES = [
    "data file: /etc/passwd",
    "data file: ../secret.raw",
    "data file: LIST",
    "sizes: 9 9 9",
]
NRRD_LINES += ["data file: %03d.raw 1 3 1", "byte skip: -1", "byte skip: 99999999", "line skip: 5"]
NRRD_LINES += [
    "sizes: 9 9 9",
    "line skip: 999999999",
    "encoding: bzip2",
    "encoding: ascii",
    "encoding: hex",
]
NRRD_LINES += ["type: double", "type: block", "dimension: 4", "dimension: 99", "endian: big"]
NRRD_LINES += ["space: left-posterior-superior", "space directions: none (1,0,0) (0,1,0)"]
NRRD_LINES += ["space origin: (nan,0,0)", "sizes: 100000 100000 100000", "kinds: list", "x:=y"]


@dataclass(frozen=True, kw_only=True)
class Kind:
    """One kind of input: `spoil` writes a spoilt one to a folder and returns the arguments."""

    name: str
    spoil: Spoil
    command: Callable[[Sequence[str]], int] = main


def _study(folder: Path, random: Random) -> Sequence[str]:
    _image(folder / "image.nii")
    text = spoilt_text(random.choice(STUDIES), random)
    (folder / "study.toml").write_text(text, encoding="utf-8", errors="surrogatepass")
    return ["run", "study.toml", "--out", "out/x.nc"]


def _kinetics(folder: Path, random: Random) -> Sequence[str]:
    # Compiling for tissue takes seconds, so it is done for few.
    in_tissue = random.random() < 0.03
    text = spoilt_text(KINETICS[0] if in_tissue else random.choice(KINETICS), random)
    (folder / "model.toml").write_text(text, encoding="utf-8", errors="surrogatepass")
    if in_tissue:
        (folder / "study.toml").write_text(STUDIES[0].replace("predator_prey", "model.toml"))
        return ["run", "study.toml", "--out", "out/x.nc"]
    return random.choice(
        [
            ["simulate", "model.toml", "--out", "out/x.nc"],
            ["simulate", "model.toml", "--set", "end=1 day", "--stochastic", "2"],
            ["show", "kinetics", "model.toml"],
        ]
    )


def _body(folder: Path, random: Random) -> Sequence[str]:
    good = random.choice(BODIES)
    (folder / "body.toml").write_text(
        spoilt_text(good, random), encoding="utf-8", errors="surrogatepass"
    )
    kind = "trafficking" if "made_for" in good else "body"
    (folder / "study.toml").write_text(STUDIES[0])
    return random.choice(
        [
            ["show", kind, "body.toml"],
            ["run", "study.toml", "--set", f"{kind}.name=body.toml", "--out", "out/x.nc"],
        ]
    )


def _setting(folder: Path, random: Random) -> Sequence[str]:
    (folder / "study.toml").write_text(STUDIES[0])
    given = []
    for _ in range(random.choice((1, 1, 2, 3))):
        value = random.choice(
            [
                random.choice(SET_VALUES),
                random.choice(WORDS),
                f"{random.choice(NUMBERS)} {random.choice(UNITS)}",
                random.choice(NUMBERS),
                spoilt_text('{shape = "ball", radius = "2 mm", cells = 5}', random),
            ]
        )
        key = random.choice(SET_KEYS)
        key = spoilt_text(key, random) if random.random() < 0.2 else key
        given += ["--set", f"{key}={value}"]
    return ["run", "study.toml", "--out", "out/x.nc", *given]


def _image(path: Path) -> None:
    labels = np.zeros((6, 5, 4), np.uint8)
    labels[1:5, 1:4, 1:3] = 1
    labels[2:4, 2, 1] = 2
    nibabel.save(nibabel.Nifti1Image(labels, np.diag([0.5, 0.5, 1.0, 1.0])), path)


def _images(folder: Path, random: Random) -> Sequence[str]:
    name = random.choice(["image.nii", "image.nii", "image.nii.gz", "image.nrrd", "image.nhdr"])
    path = folder / name
    if "nii" in name:
        _image(path)
        path.write_bytes(_spoilt_nifti(path, random))
    else:
        labels = np.zeros((4, 4, 3), np.uint8)
        labels[1:3, 1:3, 1:2] = 1
        header = {"space": "left-posterior-superior", "space directions": np.eye(3)}
        header |= {"space origin": np.zeros(3), "encoding": random.choice(["raw", "gzip", "ascii"])}
        nrrd.write(str(path), labels, header, detached_header=name.endswith("nhdr"))
        path.write_bytes(_spoilt_nrrd(path.read_bytes(), random))
    return ["show", "geometry", name]


def _spoilt_nifti(path: Path, random: Random) -> bytes:
    def change(data: bytes, random: Random) -> bytes:
        if random.random() < 0.7:
            return spoilt_fields(data, random, NIFTI_FIELDS)
        return spoilt_bytes(data, random)

    data = path.read_bytes()
    return inside_gzip(data, random, change) if path.suffix == ".gz" else change(data, random)


def _spoilt_nrrd(data: bytes, random: Random) -> bytes:
    if random.random() < 0.2:
        return spoilt_bytes(data, random)
    head, blank, rest = data.partition(b"\n\n")
    lines = head.decode().split("\n")
    match random.randrange(3):
        case 0:
            new = random.choice(NRRD_LINES)
            key = new.partition(":")[0]
            lines = [line for line in lines if not line.startswith(f"{key}:")] + [new]
        case 1:
            del lines[random.randrange(len(lines))]
        case 2:
            lines = spoilt_text("\n".join(lines), random).split("\n")
    return "\n".join(lines).encode(errors="replace") + blank + rest


VESSELS = {
    "a.csv": "x1_um,y1_um,z1_um,x2_um,y2_um,z2_um,r1_um,r2_um,flow\n"
    "0,0,0,3,4,0,2,1,5\n3,4,0,3,4,12,1,0,6\n",
    "b.swc": "# made\n1 3 0 0 0 2 -1\n2 3 3 4 0 1 1\n3 3 3 4 12 1 2\n",
    "c.vtk": "# vtk DataFile Version 3.0\nmade\nASCII\nDATASET POLYDATA\nPOINTS 3 float\n"
    "0 0 0 3 4 0 3 4 12\nLINES 1 4\n3 0 1 2\nPOINT_DATA 3\nSCALARS radius float 1\n"
    "LOOKUP_TABLE default\n1 2 3\n",
    "d.vtp": '<?xml version="1.0"?>\n<VTKFile type="PolyData" byte_order="LittleEndian" '
    'compressor="vtkZLibDataCompressor">\n<PolyData>\n<Piece NumberOfPoints="3" '
    'NumberOfVerts="0" NumberOfLines="1" NumberOfStrips="0" NumberOfPolys="0">\n<Points>\n'
    '<DataArray type="Float32" NumberOfComponents="3" format="appended" offset="0"/>\n</Points>\n'
    '<Lines>\n<DataArray type="Int64" Name="connectivity" format="ascii">0 1 2</DataArray>\n'
    '<DataArray type="Int64" Name="offsets" format="ascii">3</DataArray>\n</Lines>\n<PointData>\n'
    '<DataArray Name="Radius" type="Float64" format="ascii">1 2 3</DataArray>\n</PointData>\n'
    '</Piece>\n</PolyData>\n<AppendedData encoding="base64">\n_{data}\n</AppendedData>\n'
    "</VTKFile>\n",
}


def _vessels(folder: Path, random: Random) -> Sequence[str]:
    name = random.choice(list(VESSELS))
    places = zlib.compress(np.array([0, 0, 0, 3, 4, 0, 3, 4, 12], dtype="<f4").tobytes())
    head = np.array([1, 36, 0, len(places)], dtype="<u4").tobytes()
    data = base64.b64encode(head).decode() + base64.b64encode(places).decode()
    text = VESSELS[name].replace("{data}", data)
    spoilt = (
        spoilt_bytes(text.encode(), random)
        if random.random() < 0.4
        else spoilt_text(text, random).encode(errors="replace")
    )
    (folder / name).write_bytes(spoilt)
    law = f'vessel_density={{ law = "vessel_area", vessels = "{name}", unit = "um" }}'
    if random.random() < 0.3:
        (folder / "study.toml").write_text(STUDIES[0])
        return ["run", "study.toml", "--set", f"tumour.{law}", "--out", "out/x.nc"]
    unit = [] if name.endswith((".csv", ".swc")) else ["--unit", "um"]
    return ["show", "vessels", name, *unit, "--voxel", random.choice(["1 um", "0.5 mm", "1 nm"])]


class _Results:
    """Results of a run and of a model, made once."""

    def __init__(self) -> None:
        self.files: list[bytes] = []
        self.trees: list[xr.DataTree] = []

    def __call__(self, folder: Path, random: Random) -> Sequence[str]:
        if not self.files:
            place = folder / "out"
            self._make(place / "x.nc")
        if random.random() < 0.5:
            write_spoilt(random.choice(self.trees), folder / "x.nc", random)
        else:
            (folder / "x.nc").write_bytes(spoilt_bytes(random.choice(self.files), random))
        return ["plot", "x.nc", "--out", "out/x.png"]

    def _make(self, path: Path) -> None:
        (path.parent / "study.toml").write_text(STUDIES[0])
        study = path.parent / "study.toml"
        quick = {"time.end": "2 min", "time.save": ["1 min"]}
        self.trees = [
            Study.from_text(STUDIES[1]).run().tree,
            Study.from_text(STUDIES[2]).run().tree,
            Study.from_text(STUDIES[4]).run().tree,
            simulate("predator_prey", settings={"end": "1 day"}).tree,
            xr.DataTree(compare(study, ["mouse_28g", "mouse_20g"], settings=quick)),
            xr.DataTree(sensitivity(study, samples=0, only=["body."])),
        ]
        for tree in self.trees:
            write(tree, path)
            self.files.append(path.read_bytes())
        path.unlink()
        study.unlink()


_SBML_CASES = Path(__file__).parents[1] / "kinetics" / "sbml" / "cases"


def _sbml(folder: Path, random: Random) -> Sequence[str]:
    from cartflow.kinetics.files.load import load_model
    from cartflow.kinetics.sbml.export import to_sbml

    if random.random() < 0.5:
        text = random.choice(sorted(_SBML_CASES.glob("*.xml"))).read_text(encoding="utf-8")
    else:
        text = to_sbml(load_model(random.choice(["predator_prey", "barros2021", "stein2019"])))
    data = spoilt_bytes(text.encode(), random) if random.random() < 0.4 else None
    data = data or spoilt_text(text, random).encode(errors="replace")
    (folder / "model.xml").write_bytes(data)
    return random.choice(
        [
            ["simulate", "model.xml", "--out", "out/x.nc"],
            ["simulate", "model.xml", "--set", "end=1 day"],
            ["show", "kinetics", "model.xml"],
        ]
    )


KINDS = {
    kind.name: kind
    for kind in (
        Kind(name="study", spoil=_study),
        Kind(name="kinetics", spoil=_kinetics),
        Kind(name="body", spoil=_body),
        Kind(name="image", spoil=_images),
        Kind(name="vessels", spoil=_vessels),
        Kind(name="result", spoil=_Results()),
        Kind(name="set", spoil=_setting),
        Kind(name="sbml", spoil=_sbml),
    )
}


def warm(place: Path) -> None:
    """Load and compile what the kinds use, and make the results that are spoilt."""
    import cartflow.commands.drawing
    import cartflow.core.progress.shown
    import cartflow.results.summary

    del cartflow
    folder = place / "warm"
    if folder.exists():
        return
    (folder / "out").mkdir(parents=True)
    _image(folder / "image.nii")
    for number, text in enumerate(STUDIES):
        result = Study.from_text(text, folder=folder).run()
        result.write(folder / "out" / f"{number}.nc")
    main(["plot", str(folder / "out" / "1.nc")])
    main(["show", "geometry", str(folder / "image.nii")])
    (folder / "a.csv").write_text(VESSELS["a.csv"])
    main(["show", "vessels", str(folder / "a.csv"), "--voxel", "1 um"])
    KINDS["result"].spoil(folder, Random(0))
