"""`python -m jemmo.sandbox teamtailor`."""

from jemmo.sandbox.serve import main

main()
