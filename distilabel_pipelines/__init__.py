"""Ground floor: how one row is generated. Never imports `builders`."""
