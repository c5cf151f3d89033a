"""Whole builds through the real command line, against a scripted teacher (`tests.fake_teacher`)."""
