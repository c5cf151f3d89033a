"""Tests of builders.card_words."""
