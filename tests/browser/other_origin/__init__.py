"""Pages of other origins, with the elements of the hub."""
