"""Simulated Applicant Tracking Systems that behave over HTTP as documented, faults included."""

from jemmo.sandbox.server import SandboxServer, run_sandbox

__all__ = ["SandboxServer", "run_sandbox"]
