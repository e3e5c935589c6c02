"""The window on results: what it sends is what the file holds, and it sends nothing else."""

import http.client
import json
import shutil
import subprocess
import threading

import numpy as np
import pytest
from growth_studies import growing_study

from cartflow.cli import main
from cartflow.core.outcome import InputError
from cartflow.results.result import load_result
from cartflow.results.view import server as served
from cartflow.results.view.server import Window
from cartflow.results.view.shown import Shown
from cartflow.study.study import Study

BOX = """
title = "a <b>box</b>"
body.name = "mouse_28g"
trafficking.name = "khot2019"
doses = [{ cells = "1e6 cells" }]
geometry = { shape = "box", lengths = ["0.5 mm", "0.6 mm", "0.7 mm"], cells = [5, 6, 7] }
tumour.host = "flank"
kinetics.models = ["predator_prey"]
fields.cart.diffusivity = "2 um^2/min"
fields.tumour.initial = "2e4 cells/mm^3"
time = { end = "2 days", every = "1 day" }
solver = { tolerance = 1e-2, time_check = false, mesh_check = false }
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("view") / "box.nc"
    Study.from_text(BOX).run().write(path)
    return path


@pytest.fixture(scope="module")
def window(file):
    with Window([Shown(file)]) as window:
        threading.Thread(target=window.serve_forever, daemon=True).start()
        yield window
        window.shutdown()


def ask(window, path, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", window.server_port, timeout=30)
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    return answer.status, answer.read()


def test_places_of_a_tumour_that_grows_are_those_of_the_time(tmp_path, file):
    growing_study(tmp_path, fields__food__initial="2").run().write(tmp_path / "g.nc")
    about = Shown(tmp_path / "g.nc").about()
    # Fed evenly by what is carried along, it grows by 0.3 x 2 of its first volume a day.
    edge = np.cbrt(1.0 + 0.6 * np.array(about["times"]))
    np.testing.assert_allclose(about["stretch"], edge, rtol=1e-6)
    assert Shown(file).about()["stretch"] == []


def test_only_this_machine_is_served(window):
    assert window.server_address[0] == "127.0.0.1"


def test_it_says_what_the_file_holds(window, file):
    (about,) = json.loads(ask(window, "/about")[1])
    tree = load_result(file).tree
    assert about["title"] == "a <b>box</b>"
    assert about["times"] == list(tree["body"]["time"].values)
    assert {p["dim"]: len(p["at"]) for p in about["places"]} == {"x": 5, "y": 6, "z": 7}
    assert [f["name"] for f in about["fields"]] == ["CAR T cells", "tumour cells"]
    cells = tree["body/cells"].sum(["phenotype", "space"])
    for organ in about["organs"]:
        assert organ["cells"] == list(cells.sel(organ=organ["name"]).values)


@pytest.mark.parametrize("across", [0, 1, 2])
def test_a_slice_is_that_of_the_file(window, file, across):
    status, body = ask(window, f"/slice?run=0&field=0&time=2&across={across}&index=3")
    least, most, *values = np.frombuffer(body, "<f8")
    tumour = load_result(file).tree["tumour"].to_dataset()
    field = tumour["cart"].isel(time=2).transpose(*tumour["cell_volume"].dims)
    assert status == 200
    assert (least, most) == (float(field.min()), float(field.max()))
    wanted = field.isel({field.dims[across]: 3})
    np.testing.assert_array_equal(values, wanted.values.ravel())


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/../../etc/passwd", b"there is no such page"),
        ("/box.nc", b"there is no such page"),
        ("/slice", b"run: a whole number is needed"),
        ("/slice?run=0&field=9&time=0&across=0&index=0", b"field: 9 is not among 0 to 1"),
        ("/slice?run=0&field=0&time=0&across=7&index=0", b"across: 7 is not among 0 to 2"),
        ("/slice?run=0&field=0&time=0&across=0&index=99", b"index: 99 is not among 0 to"),
        ("/slice?run=1&field=0&time=0&across=0&index=0", b"run: there is no such result"),
        ("/slice?run=0&field=0&time=-1&across=0&index=0", b"time: a whole number is needed"),
    ],
)
def test_nothing_else_is_answered(window, path, words):
    status, body = ask(window, path)
    assert status == 404
    assert words in body


def test_a_page_of_elsewhere_gets_nothing(window):
    status, body = ask(window, "/about", Host="elsewhere.example")
    assert (status, body) == (403, b"only this machine's own address is served")


def test_a_run_that_goes_on_is_read_again(file, tmp_path):
    path = tmp_path / "growing.nc"
    Study.from_text(BOX, settings={"time.end": "1 day"}).run().write(path)
    shown = Shown(path)
    assert shown.about()["times"] == [0, 1]
    shutil.copy(file, path)
    assert shown.about()["times"] == [0, 1, 2]
    path.write_bytes(b"half written")
    assert shown.about()["times"] == [0, 1, 2]


def test_what_cannot_be_shown_is_told_in_a_line(tmp_path, capsys):
    (tmp_path / "not.nc").write_text("text")
    with pytest.raises(InputError, match=r"not\.nc"):
        Shown(tmp_path / "not.nc")
    assert main(["view", "a.nc", "b.nc", "c.nc"]) == 2
    assert "shows one or two results, not 3" in capsys.readouterr().err
    assert main(["view", str(tmp_path / "not.nc"), "--port", "70000"]) == 2
    assert "--port: 70000 is not among 0 to 65535" in capsys.readouterr().err


# Moves the slider to the second time, then the pointer to the lower left of the plane.
_HAND = """<script>
const waits = setInterval(async () => {
  if (!document.body.dataset.ready) return;
  clearInterval(waits);
  at("time").value = 1;
  await refresh();
  const canvas = document.querySelector("canvas"), box = canvas.getBoundingClientRect();
  canvas.dispatchEvent(new PointerEvent("pointermove",
    {clientX: box.left + 1, clientY: box.bottom - 1}));
  document.body.dataset.said = document.querySelector(".value").textContent;
}, 20);
</script></body>"""


def test_the_slider_moves_and_the_pointer_tells_the_files_value(window, file, monkeypatch):
    browser = shutil.which("chromium")
    if browser is None:
        pytest.skip("chromium is not installed")
    whole = served.page()
    monkeypatch.setattr(served, "page", lambda: whole.replace("</body>", _HAND))
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=5000"]
    done = subprocess.run(
        [browser, *options, "--enable-logging=stderr", "--dump-dom", window.address],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    tumour = load_result(file).tree["tumour"].to_dataset()
    field = tumour["cart"].isel(time=1).transpose(*tumour["cell_volume"].dims)
    first = field.dims[0]
    value = float(field.isel({first: field.sizes[first] // 2}).values[0, 0])
    said = done.stdout.split('data-said="')[1].split('"')[0]
    assert said.startswith("CAR T cells at ")
    assert float(said.split(": ")[1].split()[0]) == pytest.approx(value, rel=1e-5)
    assert "CONSOLE" not in done.stderr
