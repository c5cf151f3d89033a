"""Upper floor: how one dataset is built, from seeds to a packaged folder."""
