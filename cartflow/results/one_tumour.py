"""One tumour of several in a result, seen as in a result with that tumour alone."""

from __future__ import annotations

import xarray as xr

from cartflow.core.outcome import require_known

SEVERAL = "tumours"


def tumours_of(tree: xr.DataTree) -> list[str]:
    """Return the names of the tumours in a result of several; else none."""
    return list(tree.children[SEVERAL].children) if SEVERAL in tree.children else []


def one_tumour(tree: xr.DataTree, name: str) -> xr.DataTree:
    """Return the groups of a result of several tumours with one of them as the tumour.

    Infused, born and died are those of the body with all tumours; `in_tumour` is that of the one.
    Raises `InputError` for a name that it has not.
    """
    require_known(name, tumours_of(tree), "tumour")
    own = tree.children[SEVERAL].children[name]
    body = _with_one(tree["body"].to_dataset(), name)
    balance = tree["balance"].to_dataset()
    inside = body["cells"].sel(organ="tumour", space="tissue", drop=True)
    balance["in_tumour"] = inside.transpose("time", "phenotype").assign_attrs(
        balance["in_tumour"].attrs
    )
    numbers = tree.children["parameters"].to_dataset(inherit=False)
    begin = f"{SEVERAL}_{name}_"
    mine = {n: v for n, v in numbers.items() if not str(n).startswith(f"{SEVERAL}_")}
    mine |= {_plain(str(n), begin): v for n, v in numbers.items() if str(n).startswith(begin)}
    root = tree.to_dataset()
    groups = {
        "/": root.assign_attrs({**root.attrs, "tumour": name}),
        "/body": body,
        "/tumour": own.to_dataset(),
        "/exchange": own.children["exchange"].to_dataset(),
        "/balance": balance,
        "/parameters": xr.Dataset(mine),
        "/summary": own.children["summary"].to_dataset(),
    }
    return xr.DataTree.from_dict(groups)


def _with_one(body: xr.Dataset, name: str) -> xr.Dataset:
    """Return the body's group with one tumour among the organs."""
    organs = [str(organ) for organ in body["organ"].values]
    kept = [o for o in organs if not o.startswith("tumour_") or o == f"tumour_{name}"]
    found = body.sel(organ=kept)
    called = ["tumour" if organ == f"tumour_{name}" else organ for organ in kept]
    return found.assign_coords(organ=("organ", called, body["organ"].attrs))


_TABLES = ("geometry_", "kinetics_", "fields_", "tissue_")


def _plain(name: str, begin: str) -> str:
    rest = name.removeprefix(begin)
    return rest if rest.startswith(_TABLES) else f"tumour_{rest}"
