"""Pages of the site that are made from the package and the repository."""
