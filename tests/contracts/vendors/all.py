"""Every vendor that the suite runs for."""

from contracts.harness import Vendor
from contracts.vendors.flatchr import FLATCHR
from contracts.vendors.jarvi import JARVI
from contracts.vendors.teamtailor import TEAMTAILOR

VENDORS: list[Vendor] = [FLATCHR, JARVI, TEAMTAILOR]
