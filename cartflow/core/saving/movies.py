"""Movies as files: GIF by Pillow, MP4 by ffmpeg."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import numpy as np

from cartflow.core.outcome import InputError
from cartflow.core.saving.kinds import MOVIES, MP4, kind_of_name
from cartflow.core.saving.whole import write_whole

FRAMES_A_SECOND = 8


def write_movie(frames: Iterator[np.ndarray], path: Path) -> None:
    """Write pictures (height, width, 3), uint8, as GIF or MP4, by the ending of `path`.

    The file appears whole or not at all. Raises `InputError`, also for MP4 where there is no
    ffmpeg.
    """
    if kind_of_name(path, MOVIES) == MP4:
        program = _ffmpeg(path)
        write_whole(path, lambda draft: _write_mp4(frames, draft, program))
    else:
        write_whole(path, lambda draft: _write_gif(frames, draft))


def _write_gif(frames: Iterator[np.ndarray], draft: Path) -> None:
    from PIL import Image

    pictures = (
        Image.fromarray(frame).quantize(255, Image.Quantize.MAXCOVERAGE) for frame in frames
    )
    next(pictures).save(
        draft,
        format="GIF",
        save_all=True,
        append_images=pictures,
        duration=1000 // FRAMES_A_SECOND,
        loop=0,
    )


def _ffmpeg(path: Path) -> str:
    """Return the program ffmpeg: the system's, or that of the package imageio-ffmpeg."""
    found = shutil.which("ffmpeg")
    if found is not None:
        return found
    try:
        from imageio_ffmpeg import get_ffmpeg_exe
    except ImportError:
        gif = path.with_suffix(".gif")
        msg = (
            f"{path}: MP4 takes ffmpeg, which is not here; 'pip install cartflow[movies]' brings "
            f"one, and '{gif}' needs none"
        )
        raise InputError(msg) from None
    return str(get_ffmpeg_exe())


def _write_mp4(frames: Iterator[np.ndarray], draft: Path, program: str) -> None:
    first = next(frames)
    # The format takes even sizes alone.
    height, width = (size - size % 2 for size in first.shape[:2])
    source = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{width}x{height}"]
    rate = ["-r", str(FRAMES_A_SECOND), "-i", "-"]
    made = ["-an", "-c:v", "libx264", "-pix_fmt", "yuv420p", "-f", "mp4", "-y", str(draft)]
    command = [program, "-loglevel", "error", *source, *rate, *made]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stderr=subprocess.PIPE) as running:
        said = _fed(running, chain([first], frames), height, width)
    if running.returncode:
        msg = f"ffmpeg: {said.strip().splitlines()[-1] if said.strip() else 'it failed'}"
        raise OSError(msg)


def _fed(
    running: subprocess.Popen[bytes], frames: Iterator[np.ndarray], height: int, width: int
) -> str:
    """Give ffmpeg all frames; return what it says, which it does when it fails."""
    assert running.stdin is not None
    assert running.stderr is not None
    try:
        for frame in frames:
            running.stdin.write(np.ascontiguousarray(frame[:height, :width]).tobytes())
        running.stdin.close()
    except BrokenPipeError:
        pass
    return running.stderr.read().decode(errors="replace")
