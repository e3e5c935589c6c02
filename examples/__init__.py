"""Studies and scripts to start from; `cartflow examples` lists and copies them."""
