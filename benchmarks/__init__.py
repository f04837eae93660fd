"""How fast Jemmo is, as ratios measured in one run. `make bench` prints what docs/benchmarks.md records."""
