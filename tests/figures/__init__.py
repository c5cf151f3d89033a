"""Tests of the card's figures."""
