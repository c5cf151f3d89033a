"""Tests of the deduplication of documents."""
