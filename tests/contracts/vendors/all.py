"""Every vendor that the suite runs for."""

from contracts.harness import Vendor
from contracts.vendors.flatchr import FLATCHR
from contracts.vendors.greenhouse import GREENHOUSE
from contracts.vendors.jarvi import JARVI
from contracts.vendors.teamtailor import TEAMTAILOR
from contracts.vendors.template import TEMPLATE

VENDORS: list[Vendor] = [FLATCHR, GREENHOUSE, JARVI, TEAMTAILOR, TEMPLATE]
