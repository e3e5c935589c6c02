"""NRRD: every encoding, detached data beside the header alone, headers that lie."""

import bz2
import gzip

import nrrd
import numpy as np
import pytest

from cartflow.core.outcome import InputError
from cartflow.geometries.images.mask import read_mask
from cartflow.geometries.images.reading import read_image

pytestmark = pytest.mark.lowest
LABELS = np.zeros((6, 5, 4), dtype=np.int16)
LABELS[1:5, 1:4, 1:3] = 1
LABELS[2, 2, 1:3] = 2
WORLD = {"space": "LPS", "space directions": np.diag([0.5, 1.0, 2.0])}
RAW = LABELS.astype("<i2").tobytes(order="F")
LINES = {
    "type": "int16",
    "dimension": "3",
    "sizes": "6 5 4",
    "endian": "little",
    "encoding": "raw",
    "space": "left-posterior-superior",
    "space directions": "(0.5,0,0) (0,1,0) (0,0,2)",
}


def written(path, data=RAW, **changed):
    """Write a header by hand; a field of None is left out, `_` in its name is a blank."""
    fields = LINES | {name.replace("_", " "): value for name, value in changed.items()}
    lines = [f"{name}: {value}" for name, value in fields.items() if value is not None]
    path.write_bytes("\n".join(["NRRD0005", *lines, "", ""]).encode() + data)
    return path


@pytest.mark.parametrize("encoding", ["raw", "gzip", "bzip2", "ascii"])
@pytest.mark.parametrize("name", ["a.nrrd", "a.nhdr"])
@pytest.mark.parametrize("dtype", ["u1", "i2", ">i4", "f8"])
def test_what_pynrrd_writes_is_read(tmp_path, encoding, name, dtype):
    labels = LABELS.astype(dtype)
    nrrd.write(str(tmp_path / name), labels, WORLD | {"encoding": encoding})
    image = read_image(tmp_path / name)
    assert np.array_equal(image.labels, nrrd.read(str(tmp_path / name))[0])
    assert np.array_equal(image.labels, LABELS)
    assert read_mask(tmp_path / name).volume == pytest.approx((LABELS > 0).sum() * 1.0)


@pytest.mark.parametrize(
    ("changed", "data"),
    [
        ({}, RAW),
        ({"type": "short", "endian": "big"}, LABELS.astype(">i2").tobytes(order="F")),
        ({"type": "unsigned char", "endian": None}, LABELS.astype("u1").tobytes(order="F")),
        ({"encoding": "gz"}, gzip.compress(RAW, mtime=0)),
        ({"encoding": "gz", "byte_skip": "3"}, gzip.compress(b"abc" + RAW, mtime=0)),
        ({"encoding": "bz2"}, bz2.compress(RAW)),
        ({"byte skip": "5"}, b"12345" + RAW),
        ({"byte skip": "-1"}, b"of any length" + RAW),
        ({"line skip": "2", "byte skip": "1"}, b"one\ntwo\n3" + RAW),
        ({"encoding": "text"}, " ".join(map(str, LABELS.ravel(order="F"))).encode()),
    ],
)
def test_types_encodings_and_skips(tmp_path, changed, data):
    assert np.array_equal(read_image(written(tmp_path / "a.nrrd", data, **changed)).labels, LABELS)


def test_a_last_axis_of_size_one_is_left_out(tmp_path):
    more = {
        "dimension": "4",
        "sizes": "6 5 4 1",
        "space directions": "(1,0,0) (0,1,0) (0,0,2) none",
    }
    geometry = read_mask(written(tmp_path / "a.nrrd", **more))
    assert geometry.volume == pytest.approx((LABELS > 0).sum() * 2.0)
    spacings = {"space": None, "space directions": None, "spacings": "1 1 3 nan"}
    geometry = read_mask(written(tmp_path / "b.nrrd", **(more | spacings)))
    assert geometry.volume == pytest.approx((LABELS > 0).sum() * 3.0)


@pytest.mark.parametrize("name", ["a.raw", "./a.raw"])
def test_detached_data_beside_the_header_are_read(tmp_path, name):
    (tmp_path / "a.raw").write_bytes(RAW)
    path = written(tmp_path / "a.nhdr", b"", data_file=name)
    assert np.array_equal(read_image(path).labels, LABELS)


@pytest.mark.parametrize("field", ["data_file", "datafile"])
@pytest.mark.parametrize("suffix", ["nhdr", "nrrd"])
def test_detached_data_elsewhere_are_refused(tmp_path, field, suffix):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "deeper").mkdir()
    for secret in (tmp_path / "secret", tmp_path / "in" / "deeper" / "secret"):
        secret.write_bytes(RAW)
    (tmp_path / "in" / "link").symlink_to(tmp_path / "secret")
    names = [
        "../secret",
        str(tmp_path / "secret"),
        "deeper/secret",
        "link",
        "LIST",
        "s%d 1 2 1",
        "..",
    ]
    for name in names:
        path = written(tmp_path / "in" / f"a.{suffix}", b"", **{field: name})
        with pytest.raises(InputError, match=r"'data file' is .*; allowed is the name of one file"):
            read_image(path)
    path = written(tmp_path / "in" / f"a.{suffix}", b"", **{field: "none"})
    with pytest.raises(InputError, match=r"'data file' is 'none'; there is no such file beside"):
        read_image(path)


@pytest.mark.parametrize(
    ("changed", "data", "message"),
    [
        ({"sizes": "6 5 40000"}, RAW, r"asks for 2400000 bytes, more than the file of 240 bytes"),
        (
            {"sizes": "6 5 40000", "encoding": "gzip"},
            gzip.compress(RAW, mtime=0),
            r"asks for 2400000 bytes",
        ),
        ({"sizes": "60000 5000 40000"}, RAW, r"the image has \d+ voxels; at most 1073741824"),
        ({"sizes": "6 5 5", "encoding": "bzip2"}, bz2.compress(RAW), r"data are shorter than"),
        (
            {"sizes": "6 5 3", "encoding": "gzip"},
            gzip.compress(RAW, mtime=0),
            r"data are longer than",
        ),
        ({"sizes": "6 5 3"}, RAW, r"data are longer than its header says"),
        ({"sizes": "6 0 4"}, RAW, r"shape \(6, 0, 4\); every size must be at least 1"),
        ({"sizes": "6 -5 4"}, RAW, r"shape \(6, -5, 4\); every size must be at least 1"),
        ({"sizes": "6 5"}, RAW, r"'dimension' is 3, but 'sizes' has 2 numbers"),
        ({"sizes": None}, RAW, r"the header has no 'sizes'"),
        ({"type": "block"}, RAW, r"type 'block' is not read; allowed: signed char"),
        ({"endian": None}, RAW, r"the header has no 'endian'"),
        ({"encoding": "hex"}, RAW, r"encoding 'hex' is not read; allowed: raw, gzip"),
        ({"byte_skip": "-2"}, RAW, r"'byte skip' -2 are not read"),
        (
            {"byte_skip": "-1", "encoding": "gzip"},
            gzip.compress(RAW, mtime=0),
            r"'byte skip' -1 are not",
        ),
        ({"line_skip": "-1"}, RAW, r"'line skip' -1 and"),
        ({"line_skip": "1000000000"}, b"", r"the file ends within the 1000000000 lines"),
        ({"byte_skip": "1000000000000"}, RAW, r"data are shorter than its header says"),
        ({"encoding": "text"}, b"1 2 3", r"asks for 239 bytes, more than the file of 5 bytes"),
        ({"encoding": "text"}, b"0 " * 200, r"holds 121 numbers or more, but its header says 120"),
        ({"space_directions": "(inf,0,0) (0,1,0) (0,0,1)"}, RAW, r"the affine is not finite"),
        ({"space_origin": "(nan,0,0)"}, RAW, r"the affine is not finite"),
        ({"space_origin": "(0,0)"}, RAW, r"'space origin' has the shape \(2,\); needed are three"),
        ({"space_units": '"mm" "mm"'}, RAW, r"'space units' has 2 entries; needed are three"),
        ({"content": "x" * 2**21}, RAW, r"the header is longer than 1048576 bytes"),
    ],
)
def test_headers_that_lie(tmp_path, changed, data, message):
    with pytest.raises(InputError, match=message) as caught:
        read_mask(written(tmp_path / "a.nrrd", data, **changed))
    assert "a.nrrd: " in str(caught.value)


def test_a_compressed_file_gives_no_more_than_its_header_says(tmp_path):
    bomb = gzip.compress(RAW + bytes(10**8))
    with pytest.raises(InputError, match="data are longer than its header says"):
        read_image(written(tmp_path / "a.nrrd", bomb, encoding="gzip"))
