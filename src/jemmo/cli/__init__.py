"""The command line."""

from jemmo import platforms

platforms.check()  # before modules are loaded that only exist on Unix
