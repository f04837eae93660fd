"""The vendors that the suite tests."""

from contracts.harness import Vendor
from contracts.vendors.flatchr import FLATCHR, FLATCHR_REPLAY, FLATCHR_REPLAY_2022
from contracts.vendors.greenhouse import GREENHOUSE, GREENHOUSE_REPLAY
from contracts.vendors.jarvi import JARVI, JARVI_REPLAY
from contracts.vendors.teamtailor import TEAMTAILOR, TEAMTAILOR_REPLAY
from contracts.vendors.template import TEMPLATE

VENDORS: list[Vendor] = [FLATCHR, GREENHOUSE, JARVI, TEAMTAILOR, TEMPLATE]
REPLAYS: list[Vendor] = [
    FLATCHR_REPLAY,
    FLATCHR_REPLAY_2022,
    GREENHOUSE_REPLAY,
    JARVI_REPLAY,
    TEAMTAILOR_REPLAY,
]
"""The same vendors with a second server, written by someone who had read neither the connector nor the sandbox."""
