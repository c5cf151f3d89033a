"""Tests of the verbs and objects of instructions."""
