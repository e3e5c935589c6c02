"""Reading one image or network opens no file that the study did not name, nor one beside it."""

import subprocess
import sys
from importlib.util import find_spec

import nibabel as nib
import nrrd
import numpy as np
import pytest

from cartflow import InputError
from cartflow.geometries.images.reading import read_image

LABELS = np.zeros((4, 4, 3), dtype=np.uint8)
LABELS[1:3, 1:3, 1] = 1
# Reads files and prints what was opened for each, after a first time: what is imported then is not
# the file's doing.
WATCHED = """
import sys
from pathlib import Path
from cartflow.geometries.images.reading import read_image
from cartflow.geometries.vessels.reading import read_vessels
def read(path):
    try:
        read_image(path) if path.suffix not in (".vtp", ".csv") else read_vessels(path, "um")
    except Exception as error:
        return "refused"
    return "read"
seen = []
def watch(event, arguments):
    if event in ("open", "os.listdir", "os.scandir", "socket.connect", "subprocess.Popen"):
        seen.append(f"{event} {arguments[0]}")
paths = [Path(name) for name in sys.argv[1:]]
for path in paths:
    read(path)
sys.addaudithook(watch)
for path in paths:
    seen.clear()
    print(path, read(path), *seen, sep="\\t")
"""


def mha(**changes):
    fields = {"NDims": 3, "DimSize": "4 4 3", "ElementType": "MET_UCHAR", "ElementSpacing": "1 1 1"}
    text = "".join(f"{key} = {value}\n" for key, value in {**fields, **changes}.items())
    return text + f"ElementDataFile = {changes.get('data', 'LOCAL')}\n"


def files(folder, secret):
    """Write images and networks, some of which name a file elsewhere; return their names."""
    affine = np.eye(4)
    nib.save(nib.Nifti1Image(LABELS, affine), folder / "a.nii.gz")
    nib.save(nib.Spm2AnalyzeImage(LABELS, affine), folder / "b.hdr")
    nib.save(nib.MGHImage(LABELS, affine), folder / "c.mgz")
    header = {"space": "left-posterior-superior", "space directions": np.eye(3)}
    header |= {"space origin": np.zeros(3)}
    nrrd.write(str(folder / "d.nrrd"), LABELS, header)
    nrrd.write(str(folder / "e.nhdr"), LABELS, header, detached_header=True)
    text = (folder / "e.nhdr").read_text()
    line = next(line for line in text.splitlines() if line.startswith("data file"))
    (folder / "f.nhdr").write_text(text.replace(line, f"data file: {secret}"))
    (folder / "g.nhdr").write_text(text.replace(line, "data file: ../secret.raw"))
    (folder / "h.mhd").write_text(mha(data=str(secret)))
    (folder / "i.mhd").write_text(mha(data="../secret.raw"))
    (folder / "j.vtp").write_text(
        f'<!DOCTYPE a [<!ENTITY b SYSTEM "file://{secret}">]><VTKFile>&b;</VTKFile>'
    )
    (folder / "k.csv").write_text("x1_um,y1_um,z1_um,x2_um,y2_um,z2_um\n0,0,0,1,0,0\n")
    return sorted(p.name for p in folder.iterdir() if p.suffix not in (".img", ".mat"))


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    root = tmp_path_factory.mktemp("watched")
    (root / "secret.raw").write_bytes(LABELS.T.tobytes())
    folder = root / "images"
    folder.mkdir()
    return root, files(folder, root / "secret.raw")


def opened(paths):
    """Return what became of each file, and what was opened for it."""
    done = subprocess.run(
        [sys.executable, "-c", WATCHED, *map(str, paths)],
        capture_output=True,
        text=True,
        check=True,
    )
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    return {name: (ending, set(found)) for name, ending, *found in rows}


def test_only_the_file_and_what_it_may_name_beside_it_is_opened(place):
    root, names = place
    beside = {"b.hdr": {"b.img", "b.mat"}, "e.nhdr": {"e.raw", "e.raw.gz"}}
    refused = {"f.nhdr", "g.nhdr", "h.mhd", "i.mhd", "j.vtp"}
    if find_spec("tifffile"):
        names = [*names, multi_file_tiff(root)]
        refused = {*refused, "l.ome.tif"}
    paths = [root / "images" / name for name in names if ".raw" not in name]
    for path, (ending, found) in zip(paths, opened(paths).values(), strict=True):
        assert ending == ("refused" if path.name in refused else "read"), path.name
        own = {path.name, *beside.get(path.name, set())}
        assert found <= {f"open {path.with_name(other)}" for other in own}, path.name


def multi_file_tiff(root):
    """Write an OME-TIFF whose second plane is said to be in a file elsewhere."""
    import tifffile

    sizes = "".join(f' PhysicalSize{a}="1" PhysicalSize{a}Unit="µm"' for a in "XYZ")
    planes = (
        '<TiffData FirstZ="0" IFD="0" PlaneCount="1"><UUID FileName="l.ome.tif">urn:uuid:1</UUID>'
        '</TiffData><TiffData FirstZ="1" IFD="0" PlaneCount="1"><UUID FileName="../secret.ome.tif">'
        "urn:uuid:2</UUID></TiffData>"
    )
    text = (
        '<?xml version="1.0"?><OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06" '
        'UUID="urn:uuid:1"><Image ID="Image:0"><Pixels ID="Pixels:0" DimensionOrder="XYZCT" '
        f'Type="uint8" SizeX="4" SizeY="4" SizeZ="2" SizeC="1" SizeT="1"{sizes}>'
        f'<Channel ID="Channel:0:0" SamplesPerPixel="1"/>{planes}</Pixels></Image></OME>'
    )
    plane = np.ones((4, 4), dtype=np.uint8)
    for path in (root / "images" / "l.ome.tif", root / "secret.ome.tif"):
        tifffile.imwrite(path, plane, description=text.encode(), metadata=None)
    return "l.ome.tif"


def test_a_link_in_a_folder_of_dicom_is_not_followed(tmp_path):
    pytest.importorskip("highdicom", reason="highdicom is not installed")
    folder = tmp_path / "series"
    folder.mkdir()
    elsewhere = tmp_path / "plane.dcm"
    elsewhere.write_bytes(b"\0" * 128 + b"DICM" + b"\0" * 100)
    (folder / "plane.dcm").symlink_to(elsewhere)
    with pytest.raises(InputError, match="there is no DICOM file in the folder"):
        read_image(folder)
