"""Draw the figures of many files onto one sheet, to be looked at: ``FILE... --out SHEET.png``."""

from __future__ import annotations

import argparse
from pathlib import Path
from tempfile import TemporaryDirectory

from PIL import Image, ImageDraw

from cartflow.commands.drawing import drawing

_WIDTH, _HEIGHT, _COLUMNS, _HEAD = 900, 700, 3, 24


def main() -> None:
    """Draw each file's figure, scaled to fit, below its name."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
    parser.add_argument("--out", type=Path, required=True, metavar="SHEET.png")
    options = parser.parse_args()
    rows = -(-len(options.files) // _COLUMNS)
    sheet = Image.new("RGB", (_COLUMNS * _WIDTH, rows * (_HEIGHT + _HEAD)), "white")
    pen = ImageDraw.Draw(sheet)
    for number, file in enumerate(options.files):
        left = number % _COLUMNS * _WIDTH
        top = number // _COLUMNS * (_HEIGHT + _HEAD)
        pen.text((left + 6, top + 6), file.name, fill="black")
        picture = _picture(file)
        picture.thumbnail((_WIDTH - 12, _HEIGHT - 12))
        sheet.paste(picture, (left + 6, top + _HEAD))
    sheet.save(options.out)


def _picture(file: Path) -> Image.Image:
    with TemporaryDirectory() as folder:
        path = Path(folder) / "figure.png"
        drawing(file)(path)
        return Image.open(path).convert("RGB")


if __name__ == "__main__":
    main()
