#!/usr/bin/env bash
# Guess: when the source of a function with cache=True has changed, no process runs the code that
# was kept of the former source: what is on disk is either of the new source or not taken.
# Behaviour: numba 0.68.1 writes the index (new source, file number 1) before it writes the file
# of that number, which is still the one of the former source. A process that starts between the
# two takes the former code as that of the new source and returns the former result, without a
# warning. The pause between the two, which a busy disk or a second worker makes, is made long here.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --only-binary :all: "numba==0.68.1"
cd "$folder"

# source_of FACTOR SECOND: writes the module, with a time of change of its own.
source_of() {
    printf 'import numba\n\n@numba.njit(cache=True)\ndef scaled(x):\n    return %s * x\n' "$1" > rate.py
    touch -d "@$2" rate.py
}

source_of 2.0 1000000000
echo "first source, 2 x: $(venv/bin/python -c 'import rate; print(rate.scaled(1.0))')"

source_of 3.0 1100000000
cat > slow.py <<'PYTHON'
import pathlib
import time

from numba.core.caching import IndexDataCacheFile

import rate

write = IndexDataCacheFile._save_data


def late(self, name, data):
    pathlib.Path("between").touch()
    while not pathlib.Path("go_on").exists():
        time.sleep(0.05)
    write(self, name, data)


IndexDataCacheFile._save_data = late
print("new source, 3 x, in the process that compiles it:", rate.scaled(1.0))
PYTHON
venv/bin/python slow.py &
compiling=$!
for _ in $(seq 600); do [ -e between ] && break; sleep 0.1; done
between=$(venv/bin/python -c 'import rate; print(rate.scaled(1.0))')
echo "new source, 3 x, in a process that starts between index and code: $between"
touch go_on
wait "$compiling"
after=$(venv/bin/python -c 'import rate; print(rate.scaled(1.0))')
echo "new source, 3 x, in a process that starts afterwards: $after"
[ "$between" = 2.0 ] && [ "$after" = 3.0 ]
