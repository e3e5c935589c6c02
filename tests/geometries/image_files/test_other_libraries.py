"""Images that other libraries write: the same volumes, centres and names as they find there."""

from io import BytesIO

import nibabel as nib
import nrrd
import numpy as np
import pytest

from cartflow import InputError
from cartflow.geometries.images.mask import read_mask
from cartflow.geometries.images.reading import read_image

CASES = range(20)


def case(seed):
    """Return labels 0 to 2 on a small grid, with spacing, origin and an oblique turn (LPS)."""
    random = np.random.default_rng(seed)
    shape = random.integers(3, 8, 3)
    labels = random.integers(0, 3, shape).astype(np.uint8)
    labels[0, 0, 0], labels[-1, -1, -1] = 1, 2
    turn = np.linalg.qr(random.normal(size=(3, 3)))[0]
    turn *= np.sign(np.linalg.det(turn))
    return labels, random.uniform(0.3, 3.0, 3), random.uniform(-50, 50, 3), turn


def affine_of(spacing, origin, turn):
    affine = np.eye(4)
    affine[:3, :3], affine[:3, 3] = turn * spacing, origin
    return np.diag([-1.0, -1.0, 1.0, 1.0]) @ affine


def require_same(image, labels, affine, atol=1e-4):
    np.testing.assert_array_equal(image.labels, labels)
    np.testing.assert_allclose(image.affine, affine, atol=atol)


def itk_image(sitk, labels, spacing, origin, turn):
    image = sitk.GetImageFromArray(labels.T)
    image.SetSpacing(spacing.tolist())
    image.SetOrigin(origin.tolist())
    image.SetDirection(turn.ravel().tolist())
    return image


@pytest.mark.parametrize("ending", ["mha", "mhd", "nrrd", "nii.gz"])
def test_itks_shape_statistics_are_those_of_the_mask(tmp_path, ending):
    sitk = pytest.importorskip("SimpleITK", reason="SimpleITK is not installed")
    for seed in CASES:
        labels, spacing, origin, turn = case(seed)
        image = itk_image(sitk, labels, spacing, origin, turn)
        path = tmp_path / f"case_{seed}.{ending}"
        sitk.WriteImage(image, str(path), useCompression=seed % 2 == 0)
        require_same(read_image(path), labels, affine_of(spacing, origin, turn), atol=2e-3)
        statistics = sitk.LabelShapeStatisticsImageFilter()
        statistics.Execute(image)
        geometry = read_mask(path)
        for label in (1, 2):
            inside = geometry.region(f"label_{label}")
            volume = geometry.cell_volumes[inside].sum()
            np.testing.assert_allclose(volume, statistics.GetPhysicalSize(label), rtol=1e-4)
            centre = geometry.centres[inside].mean(axis=0) * [-1, -1, 1]
            np.testing.assert_allclose(centre, statistics.GetCentroid(label), atol=2e-3)


def test_nibabels_other_formats_are_read_as_nibabel_reads_them(tmp_path):
    for seed in CASES:
        labels, spacing, origin, turn = case(seed)
        affine = affine_of(spacing, origin, turn)
        for ending in ("mgz", "mgh"):
            path = tmp_path / f"case_{seed}.{ending}"
            nib.save(nib.MGHImage(labels, affine), path)
            require_same(read_image(path), labels, affine, atol=1e-3)
        path = tmp_path / f"case_{seed}.hdr"
        nib.save(nib.Spm2AnalyzeImage(labels, np.diag([*spacing, 1.0])), path)
        require_same(read_image(path), labels, nib.load(path).affine)
        assert "nothing of orientation" in read_image(path).notes[0]
        pair = tmp_path / f"pair_{seed}.hdr"
        nib.save(nib.Nifti1Pair(labels, affine), pair)
        require_same(read_image(pair), labels, affine, atol=1e-3)


def slicer_file(path, layers, names, affine):
    """Write a segmentation as 3D Slicer does: layers first, names and values in the header."""
    header = {
        "space": "left-posterior-superior",
        "space directions": np.vstack(
            [np.full(3, np.nan), (np.diag([-1, -1, 1]) @ affine[:3, :3]).T]
        ),
        "space origin": np.diag([-1, -1, 1]) @ affine[:3, 3],
        "kinds": ["list", "domain", "domain", "domain"],
        "encoding": "gzip",
    }
    for number, (name, layer, value) in enumerate(names):
        header[f"Segment{number}_ID"] = f"Segment_{number}"
        header[f"Segment{number}_Name"] = name
        header[f"Segment{number}_Layer"] = str(layer)
        header[f"Segment{number}_LabelValue"] = str(value)
    nrrd.write(str(path), layers, header)


def test_segments_of_3d_slicer_have_their_names(tmp_path):
    for seed in CASES:
        labels, spacing, origin, turn = case(seed)
        affine = affine_of(spacing, origin, turn)
        other = np.zeros_like(labels)
        other[0, 0, 0] = other[1, 1, 1] = 1
        path = tmp_path / f"case_{seed}.seg.nrrd"
        names = [("Tumor core", 0, 1), ("Oedema", 0, 2), ("Vessel", 1, 1)]
        slicer_file(path, np.stack([labels, other]), names, affine)
        geometry = read_mask(path)
        voxel = float(np.prod(spacing))
        wanted = {"Tumor_core": (labels == 1), "Oedema": (labels == 2), "Vessel": (other == 1)}
        wanted["Tumor_core"][other == 1] = wanted["Oedema"][other == 1] = False
        for name, inside in wanted.items():
            cells = geometry.region(name)
            np.testing.assert_allclose(
                geometry.cell_volumes[cells].sum(), inside.sum() * voxel, rtol=1e-9
            )
            centre = affine[:3, :3] @ np.argwhere(inside).mean(axis=0) + affine[:3, 3]
            np.testing.assert_allclose(geometry.centres[cells].mean(axis=0), centre, atol=1e-6)
        overlap = int((labels[other == 1] > 0).sum())
        assert f"segments overlap in {overlap} voxels, where the later one holds" in geometry.notes
        alone = read_mask(path, ["Oedema"])
        np.testing.assert_allclose(alone.volume, wanted["Oedema"].sum() * voxel, rtol=1e-9)
    named = read_mask(path, {"swelling": "Oedema"})
    assert "swelling" in named.regions
    with pytest.raises(InputError, match=r"labels: segment: unknown name 'Odema'.*'Oedema'"):
        read_mask(path, ["Odema"])


def test_a_slicer_file_without_values_is_refused(tmp_path):
    labels, spacing, origin, turn = case(1)
    path = tmp_path / "old.seg.nrrd"
    slicer_file(path, labels[None], [("Tumour", 0, 1)], affine_of(spacing, origin, turn))
    path.write_bytes(path.read_bytes().replace(b"Segment0_LabelValue", b"Segment0_LabelValuf"))
    with pytest.raises(InputError, match="segment 'Tumour': the header has no 'Segment0_LabelVal"):
        read_mask(path)
    slicer_file(path, labels[None], [("Tumour", 3, 1)], affine_of(spacing, origin, turn))
    with pytest.raises(InputError, match="segment 'Tumour' is in layer 3; there are 1"):
        read_mask(path)


def test_micrometres_of_a_stack_are_those_it_says(tmp_path):
    tifffile = pytest.importorskip("tifffile", reason="tifffile is not installed")
    for seed in CASES:
        labels, spacing, _, _ = case(seed)
        ome, imagej = tmp_path / f"{seed}.ome.tif", tmp_path / f"{seed}.tif"
        sizes = {f"PhysicalSize{a}": float(s) for a, s in zip("XYZ", spacing, strict=True)}
        units = {f"PhysicalSize{a}Unit": "µm" for a in "XYZ"}
        tifffile.imwrite(
            ome, labels.T, photometric="minisblack", metadata={"axes": "ZYX", **sizes, **units}
        )
        require_same(read_image(ome), labels, np.diag([*(spacing * 1e-3), 1.0]), atol=1e-9)
        tifffile.imwrite(
            imagej,
            labels.T,
            imagej=True,
            photometric="minisblack",
            resolution=(1 / spacing[0], 1 / spacing[1]),
            metadata={"axes": "ZYX", "spacing": float(spacing[2]), "unit": "um"},
        )
        require_same(read_image(imagej), labels, np.diag([*(spacing * 1e-3), 1.0]), atol=1e-8)
    plain = tmp_path / "plain.tif"
    tifffile.imwrite(plain, labels.T, photometric="minisblack")
    with pytest.raises(InputError, match=r"plain\.tif: it does not say how large its voxels are"):
        read_image(plain)


def dicom_series(folder, labels, spacing, origin, turn, slope=2.0):
    """Write one CT series, a file a plane, by pydicom."""
    from pydicom.dataset import FileDataset, FileMetaDataset
    from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid

    study, series, frame = generate_uid(), generate_uid(), generate_uid()
    planes = []
    for k in range(labels.shape[2]):
        meta = FileMetaDataset()
        meta.MediaStorageSOPClassUID, meta.TransferSyntaxUID = (
            CTImageStorage,
            ExplicitVRLittleEndian,
        )
        meta.MediaStorageSOPInstanceUID = generate_uid()
        path = folder / f"plane_{(7 * k) % labels.shape[2]}_{k}.dcm"
        plane = FileDataset(str(path), {}, file_meta=meta, preamble=b"\0" * 128)
        plane.SOPClassUID, plane.SOPInstanceUID = CTImageStorage, meta.MediaStorageSOPInstanceUID
        plane.StudyInstanceUID, plane.SeriesInstanceUID = study, series
        plane.FrameOfReferenceUID, plane.Modality, plane.InstanceNumber = frame, "CT", k + 1
        plane.PatientID, plane.PatientName, plane.PatientBirthDate = "none", "none", ""
        plane.PatientSex, plane.StudyID, plane.SeriesNumber = "", "1", 1
        plane.AccessionNumber, plane.StudyDate, plane.StudyTime = "", "20200101", "000000"
        plane.ReferringPhysicianName, plane.Manufacturer = "", "none"
        plane.Rows, plane.Columns = labels.shape[1], labels.shape[0]
        plane.ImageOrientationPatient = [*turn[:, 0], *turn[:, 1]]
        plane.ImagePositionPatient = list(origin + k * spacing[2] * turn[:, 2])
        plane.PixelSpacing, plane.SliceThickness = [spacing[1], spacing[0]], spacing[2]
        plane.SamplesPerPixel, plane.PhotometricInterpretation = 1, "MONOCHROME2"
        plane.BitsAllocated, plane.BitsStored, plane.HighBit = 16, 16, 15
        plane.PixelRepresentation, plane.RescaleSlope, plane.RescaleIntercept = 0, slope, 0
        plane.RescaleType = "HU"
        plane.PixelData = labels[:, :, k].T.astype(np.uint16).tobytes()
        plane.save_as(path, enforce_file_format=True)
        planes.append(plane)
    return planes


def segmentation(planes, pixels, kind="BINARY", **more):
    """Return a DICOM segmentation of a series, as highdicom makes it."""
    highdicom = pytest.importorskip("highdicom", reason="highdicom is not installed")
    from highdicom.seg import Segmentation, SegmentDescription
    from pydicom.sr.codedict import codes

    descriptions = [
        SegmentDescription(
            segment_number=n,
            segment_label=name,
            segmented_property_category=codes.SCT.MorphologicallyAbnormalStructure,
            segmented_property_type=codes.SCT.Neoplasm,
            algorithm_type="MANUAL",
        )
        for n, name in ((1, "Tumour core"), (2, "Oedema"))
    ]
    return Segmentation(
        source_images=planes,
        pixel_array=pixels,
        segmentation_type=kind,
        segment_descriptions=descriptions,
        series_instance_uid=highdicom.UID(),
        series_number=2,
        sop_instance_uid=highdicom.UID(),
        instance_number=1,
        manufacturer="none",
        manufacturer_model_name="none",
        software_versions="1",
        device_serial_number="1",
        **more,
    )


@pytest.mark.filterwarnings("ignore")  # pydicom's, of values that it shortens when it writes
@pytest.mark.parametrize("seed", CASES)
def test_series_and_segmentations_of_dicom(tmp_path, seed):
    pytest.importorskip("highdicom", reason="highdicom is not installed")
    labels, spacing, origin, turn = case(seed)
    spacing, origin, turn = (np.round(v, 5) for v in (spacing, origin, turn))
    folder = tmp_path / "series"
    folder.mkdir()
    planes = dicom_series(folder, labels, spacing, origin, turn)
    found, affine = read_image(folder), affine_of(spacing, origin, turn)
    by_place = np.linalg.inv(affine) @ found.affine
    index = np.argwhere(np.ones(found.stored.shape))
    places = np.rint(index @ by_place[:3, :3].T + by_place[:3, 3]).astype(int)
    np.testing.assert_allclose(
        found.stored[tuple(index.T)], 2.0 * labels[tuple(places.T)], rtol=1e-12
    )
    pixels, kind, more = labels.transpose(2, 1, 0), "BINARY", {}
    if seed % 4 == 3:
        # Probabilities, of which those below a half are outside.
        pixels = np.stack([pixels == 1, pixels == 2], axis=-1) * 0.7 + 0.2
        kind, more = "FRACTIONAL", {"max_fractional_value": 200}
    segmentation(planes, pixels, kind, **more).save_as(tmp_path / "seg.dcm")
    geometry = read_mask(tmp_path / "seg.dcm")
    for name, label in (("Tumour_core", 1), ("Oedema", 2)):
        cells, inside = geometry.region(name), labels == label
        volume = inside.sum() * np.prod(spacing)
        np.testing.assert_allclose(geometry.cell_volumes[cells].sum(), volume, rtol=1e-4)
        centre = affine[:3, :3] @ np.argwhere(inside).mean(axis=0) + affine[:3, 3]
        np.testing.assert_allclose(geometry.centres[cells].mean(axis=0), centre, atol=1e-3)
    said = any("0.5 and more are inside" in note for note in geometry.notes)
    assert said == (kind == "FRACTIONAL")


@pytest.mark.filterwarnings("ignore")
def test_damaged_series_and_segmentations_are_refused_in_a_line(tmp_path):
    pytest.importorskip("highdicom", reason="highdicom is not installed")
    labels, spacing, origin, turn = case(6)
    spacing, origin, turn = (np.round(v, 5) for v in (spacing, origin, turn))
    folder = tmp_path / "series"
    folder.mkdir()
    planes = dicom_series(folder, labels, spacing, origin, turn)
    path = tmp_path / "seg.dcm"
    segmentation(planes, labels.transpose(2, 1, 0)).save_as(path)
    whole, files = path.read_bytes(), sorted(folder.iterdir())

    def refused(what, match="", place=None):
        with pytest.raises(InputError, match=match) as caught:
            read_image(place or path)
        assert "\n" not in str(caught.value), what
        assert str(caught.value).startswith(str(place or path)), what

    for size in (0, 100, 132, 400, len(whole) // 2, len(whole) - 20):
        path.write_bytes(whole[:size])
        refused(f"cut at {size}")
    path.write_bytes(files[0].read_bytes())
    refused("a plane", "it is no segmentation; of a series of planes give the folder")
    one = files[1].read_bytes()
    files[1].write_bytes(one[:-8])
    refused("a plane that is cut", place=folder)
    files[1].unlink()
    refused("a plane that is lost", "cannot be read as an image", folder)
    files[1].write_bytes(one.replace(planes[0].SeriesInstanceUID.encode()[-8:], b"99999999"))
    refused("another series", "there are 2 series in the folder", folder)
    for file in files:
        file.unlink()
    (folder / "notes.txt").write_text("none")
    refused("no plane", "there is no DICOM file in the folder", folder)


def test_several_masks_of_one_case(tmp_path):
    labels, spacing, origin, turn = case(4)
    affine = affine_of(spacing, origin, turn)
    paths = [tmp_path / "gross tumour.nii.gz", tmp_path / "oedema.mgz"]
    nib.save(nib.Nifti1Image((labels == 1).astype(np.uint8), affine), paths[0])
    nib.save(nib.MGHImage((labels > 0).astype(np.uint8), affine), paths[1])
    geometry = read_mask(paths)
    assert int(geometry.region("oedema").sum()) == int((labels > 0).sum())
    assert f"segments overlap in {(labels == 1).sum()} voxels" in geometry.notes[0]
    other = read_mask(paths[::-1], ["gross_tumour"])
    assert other.size == int((labels == 1).sum())
    nib.save(nib.Nifti1Image(labels[1:], affine), paths[0])
    with pytest.raises(InputError, match=r"oedema\.mgz: its voxels are not those of gross tumour"):
        read_mask(paths)


@pytest.mark.parametrize(
    ("labels", "present", "regions", "refused"),
    [
        ("brats2017", (1, 2, 4), {"necrotic_core", "oedema", "enhancing"}, None),
        ("brats2023", (1, 2, 3), {"necrotic_core", "oedema", "enhancing"}, None),
        (
            "brats2024",
            (1, 2, 3, 4),
            {"non_enhancing_core", "flair_hyperintensity", "enhancing"},
            None,
        ),
        ("brats2023", (1, 2, 4), set(), "label 4 is none of brats2023; it is one in brats2017 and"),
        ("brats2020", (1, 2, 4), set(), "labels: unknown name 'brats2020'.*brats2017"),
        (
            None,
            (1, 2, 4),
            set(),
            "label 4 is enhancing tumour in BraTS 2017 to 2021, the resection",
        ),
        (None, (1, 2, 5), {"label_1", "label_2", "label_5"}, None),
    ],
)
def test_labels_of_a_challenge_go_by_its_year(tmp_path, labels, present, regions, refused):
    values = np.array(present, dtype=np.uint8).reshape(-1, 1, 1)
    path = tmp_path / "seg.nii.gz"
    nib.save(nib.Nifti1Image(values, np.eye(4)), path)
    if refused:
        with pytest.raises(InputError, match=refused):
            read_mask(path, labels)
        return
    geometry = read_mask(path, labels)
    assert set(geometry.regions) - {"all", "core", "rim"} == regions
    # The resection cavity of 2024 is no tissue.
    assert geometry.size == 3


def metaimage(**changes):
    fields = {
        "ObjectType": "Image",
        "NDims": "3",
        "BinaryData": "True",
        "CompressedData": "False",
        "TransformMatrix": "1 0 0 0 1 0 0 0 1",
        "Offset": "0 0 0",
        "ElementSpacing": "1 1 1",
        "DimSize": "2 2 2",
        "ElementType": "MET_UCHAR",
        **changes,
    }
    last = fields.pop("ElementDataFile", "LOCAL")
    text = "".join(f"{k} = {v}\n" for k, v in fields.items()) + f"ElementDataFile = {last}\n"
    return text.encode()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (metaimage(ElementDataFile="../secret.raw") + bytes(8), "allowed is the name of one file"),
        (metaimage(ElementDataFile="/etc/passwd") + bytes(8), "allowed is the name of one file"),
        (metaimage(ElementDataFile="LIST") + bytes(8), "allowed is the name of one file"),
        (metaimage(ElementDataFile="no.raw") + bytes(8), "there is no such file beside"),
        (metaimage(DimSize="9000 9000 9000") + bytes(8), "at most 1073741824 are read"),
        (metaimage(DimSize="500 500 500") + bytes(8), "more than the file of 8 bytes can hold"),
        (metaimage(DimSize="2 2") + bytes(8), "the image is 2-D"),
        (metaimage(ElementType="MET_STRING") + bytes(8), "'MET_STRING' is not read"),
        (metaimage(ElementSpacing="1 1") + bytes(8), "'ElementSpacing' has 2 numbers"),
        (metaimage() + bytes(7), "can hold"),
        (metaimage() + bytes(9), "longer than its header says"),
        (metaimage(CompressedData="True") + b"not packed", "cannot be read as an image"),
        (b"\0" * 100, "does not begin with the header of a MetaImage"),
    ],
)
def test_damaged_metaimages_are_refused_in_a_line(tmp_path, content, message):
    (tmp_path / "secret.raw").write_bytes(b"\1" * 8)
    folder = tmp_path / "images"
    folder.mkdir()
    (folder / "case.mha").write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        read_image(folder / "case.mha")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("ending", ["mgz", "hdr", "tif", "dcm", "seg.nrrd"])
def test_cut_and_foreign_files_are_refused_in_a_line(tmp_path, ending):
    labels, spacing, origin, turn = case(3)
    path = tmp_path / f"case.{ending}"
    whole = BytesIO(b"")
    if ending == "seg.nrrd":
        slicer_file(path, labels[None], [("a", 0, 1)], affine_of(spacing, origin, turn))
        whole = BytesIO(path.read_bytes())
    for content in (b"", b"\0" * 400, b"II*\0garbage", whole.getvalue()[:-8]):
        path.write_bytes(content)
        with pytest.raises(InputError, match="case") as caught:
            read_image(path)
        assert "\n" not in str(caught.value)
