"""Tests of the gateway, over HTTP on both sides."""
