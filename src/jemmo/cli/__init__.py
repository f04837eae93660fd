"""The command line."""

from jemmo import collector

collector.tame()  # before half a second's worth of modules is loaded
