"""Files with short-lived links: each link is requested just before use, and again if it expires meanwhile."""

from __future__ import annotations

from typing import cast

import pytest

from jemmo.connectors.fresh_links import FreshLink, FreshLinks
from jemmo.domain.ports import WantedFile
from jemmo.rest_client import Downloads, LinkDead, RestClient

FILE = WantedFile(remote_id="7", talent_remote_id="1", remote_version=None, max_bytes=1000)


class Mortal:
    """Downloads whose first ``deaths`` links have expired."""

    def __init__(self, deaths: int) -> None:
        self.deaths = deaths

    async def fetch(self, url: str, *, max_bytes: int) -> bytes:
        self.deaths -= 1
        if self.deaths >= 0:
            raise LinkDead(status=403)
        return url.encode()


class Linked(FreshLinks):
    def __init__(self, *, deaths: int = 0, is_gone: bool = False) -> None:
        super().__init__(cast(RestClient, None), cast(Downloads, Mortal(deaths)))
        self.asked, self.is_gone = 0, is_gone

    async def link(self, file: WantedFile) -> FreshLink | None:
        self.asked += 1
        return None if self.is_gone else FreshLink(f"link {self.asked}", "cv.pdf", "v1")


async def test_an_expired_link_is_requested_once_more() -> None:
    file = await Linked(deaths=1).open_file(FILE)
    assert file is not None
    assert (file.content, file.file_name, file.remote_version) == (b"link 2", "cv.pdf", "v1")


async def test_a_second_expired_link_is_an_error() -> None:
    linked = Linked(deaths=2)
    with pytest.raises(LinkDead):
        await linked.open_file(FILE)
    assert linked.asked == 2


async def test_a_file_that_is_gone_has_no_link() -> None:
    assert await Linked(is_gone=True).open_file(FILE) is None
