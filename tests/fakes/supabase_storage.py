"""The part of Supabase Storage's API that keeps private files, as a program of its own.

``python tests/fakes/supabase_storage.py KEY`` prints its port. It answers as the hosted one does: refusals are HTTP 400
with the true status in their body, a folder in a listing is an entry without an id, and no key means no answer.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from aiohttp import web


class Storage:
    """Buckets of files in memory."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.buckets: dict[str, dict[str, dict[str, Any]]] = {}
        self.public: set[str] = set()

    def routes(self) -> list[web.RouteDef]:
        base = "/storage/v1"
        return [
            web.get(f"{base}/bucket/{{bucket}}", self.show_bucket),
            web.post(f"{base}/bucket", self.make_bucket),
            web.post(f"{base}/object/list/{{bucket}}", self.listed),
            web.post(f"{base}/object/{{bucket}}/{{path:.+}}", self.upload),
            web.get(f"{base}/object/{{bucket}}/{{path:.+}}", self.download),
            web.get(f"{base}/object/public/{{bucket}}/{{path:.+}}", self.download_open),
            web.delete(f"{base}/object/{{bucket}}", self.remove),
        ]

    @web.middleware
    async def gate(self, request: web.Request, handler: Any) -> web.StreamResponse:
        if "/public/" not in request.path:
            bearer = request.headers.get("Authorization")
            if bearer != f"Bearer {self.key}" or request.headers.get("apikey") != self.key:
                return refuse(403, "Unauthorized", "Invalid Compact JWS")
        found: web.StreamResponse = await handler(request)
        return found

    async def show_bucket(self, request: web.Request) -> web.Response:
        name = request.match_info["bucket"]
        if name not in self.buckets:
            return refuse(404, "Bucket not found", "Bucket not found")
        now = datetime.now(UTC).isoformat()
        return web.json_response(
            {
                "id": name,
                "name": name,
                "owner": "",
                "public": name in self.public,
                "created_at": now,
                "updated_at": now,
                "file_size_limit": None,
                "allowed_mime_types": None,
            }
        )

    async def make_bucket(self, request: web.Request) -> web.Response:
        told = await request.json()
        if told["id"] in self.buckets:
            return refuse(409, "Duplicate", "The resource already exists")
        self.buckets[told["id"]] = {}
        if told.get("public"):
            self.public.add(told["id"])
        return web.json_response({"name": told["name"]})

    async def upload(self, request: web.Request) -> web.Response:
        bucket, path = request.match_info["bucket"], request.match_info["path"]
        if bucket not in self.buckets:
            return refuse(404, "Bucket not found", "Bucket not found")
        if path in self.buckets[bucket] and request.headers.get("x-upsert") != "true":
            return refuse(409, "Duplicate", "The resource already exists")
        content = b""
        async for part in await request.multipart():
            if part.name == "file":  # type: ignore[union-attr]
                content = await part.read()  # type: ignore[union-attr]
        self.buckets[bucket][path] = {
            "content": bytes(content),
            "id": str(uuid4()),
            "at": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        }
        return web.json_response({"Key": f"{bucket}/{path}", "Id": str(uuid4())})

    async def download(self, request: web.Request) -> web.Response:
        bucket = self.buckets.get(request.match_info["bucket"])
        if bucket is None:
            return refuse(404, "Bucket not found", "Bucket not found")
        found = bucket.get(request.match_info["path"])
        if found is None:
            return refuse(404, "not_found", "Object not found")
        return web.Response(body=found["content"], content_type="application/octet-stream")

    async def download_open(self, request: web.Request) -> web.Response:
        if request.match_info["bucket"] not in self.public:
            return refuse(404, "Bucket not found", "Bucket not found")
        return await self.download(request)

    async def remove(self, request: web.Request) -> web.Response:
        bucket = self.buckets.get(request.match_info["bucket"], {})
        told = await request.json()
        gone = [name for name in told["prefixes"] if bucket.pop(name, None)]
        return web.json_response([{"name": name} for name in gone])

    async def listed(self, request: web.Request) -> web.Response:
        told = await request.json()
        bucket = self.buckets.get(request.match_info["bucket"])
        if bucket is None:
            return refuse(404, "Bucket not found", "Bucket not found")
        prefix = f"{told['prefix']}/" if told.get("prefix") else ""
        entries: dict[str, dict[str, Any]] = {}
        for path, file in sorted(bucket.items()):
            if not path.startswith(prefix):
                continue
            name, _, below = path.removeprefix(prefix).partition("/")
            is_folder = bool(below)
            entries[name] = {
                "name": name,
                "id": None if is_folder else file["id"],
                "updated_at": None if is_folder else file["at"],
                "created_at": None if is_folder else file["at"],
                "metadata": None if is_folder else {"size": len(file["content"])},
            }
        first = told.get("offset", 0)
        return web.json_response(list(entries.values())[first : first + told.get("limit", 100)])


def refuse(status: int, error: str, message: str) -> web.Response:
    body = {"statusCode": str(status), "error": error, "message": message}
    return web.json_response(body, status=400)


async def serve(key: str) -> None:
    storage = Storage(key)
    app = web.Application(middlewares=[storage.gate], client_max_size=64 * 1024 * 1024)
    app.add_routes(storage.routes())
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)  # noqa: T201 - how its starter learns the port
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
