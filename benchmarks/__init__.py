"""Benchmarks, mostly as ratios within one run. `make bench` prints the figures recorded in docs/benchmarks.md."""
