"""Figures of the dataset card: charts as SVG, drawn from the manifest alone."""
