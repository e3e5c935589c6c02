"""A window on results: a page on this machine, with sliders over time and place."""
