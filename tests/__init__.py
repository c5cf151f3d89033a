"""Tests: one file a module, named after behaviours; fakes stand at the HTTP wire only."""
