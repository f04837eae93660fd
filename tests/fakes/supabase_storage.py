"""A server with the part of Supabase Storage's API that stores private files.

``python tests/fakes/supabase_storage.py KEY`` prints its port. It responds like supabase/storage 1.11: errors are HTTP
400 with the real status in the body, a folder in a listing is an entry without an id, the listing of a missing bucket
is empty, and the anon key (``ANON``) sees no buckets. `make test-deploy` makes the same requests to a real server if
one is configured.
"""

from __future__ import annotations

import asyncio
import re
import sys
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from aiohttp import web

ANON = "anon-key"
LARGEST = 50 * 1024 * 1024


class Storage:
    """Buckets of files in memory."""

    def __init__(self, key: str) -> None:
        self.key = key
        self.limits: dict[str, int] = {}
        self.types: dict[str, list[str]] = {}
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
            if bearer not in {f"Bearer {self.key}", f"Bearer {ANON}"} or bearer.removeprefix(
                "Bearer "
            ) != request.headers.get("apikey"):
                return refuse(403, "Unauthorized", "Invalid Compact JWS", "AccessDenied")
            if bearer == f"Bearer {ANON}":
                return self.anonymous(request)
        found: web.StreamResponse = await handler(request)
        return found

    def anonymous(self, request: web.Request) -> web.Response:
        """Respond to the anon key, which row-level security lets read and write nothing."""
        if request.method == "POST" and "/list/" not in request.path:
            message = "new row violates row-level security policy"
            return refuse(403, "Unauthorized", message, "AccessDenied")
        return refuse(404, "Bucket not found", "Bucket not found", "NoSuchBucket")

    async def show_bucket(self, request: web.Request) -> web.Response:
        name = request.match_info["bucket"]
        if name not in self.buckets:
            return no_bucket()
        now = datetime.now(UTC).isoformat()
        return web.json_response(
            {
                "id": name,
                "name": name,
                "owner": "",
                "public": name in self.public,
                "created_at": now,
                "updated_at": now,
                "file_size_limit": self.limits.get(name),
                "allowed_mime_types": self.types.get(name),
            }
        )

    async def make_bucket(self, request: web.Request) -> web.Response:
        told = await request.json()
        if not re.fullmatch(r"[\w!\-.*'() &$@=;:+,?]{1,100}", told["id"]) or "*" in told["id"]:
            return refuse(400, "Invalid Input", "Bucket name invalid", "InvalidBucketName")
        if told["id"] in self.buckets:
            return refuse(409, "Duplicate", "The resource already exists", "ResourceAlreadyExists")
        if limit := told.get("file_size_limit"):
            self.limits[told["id"]] = limit
        if types := told.get("allowed_mime_types"):
            self.types[told["id"]] = types
        self.buckets[told["id"]] = {}
        if told.get("public"):
            self.public.add(told["id"])
        return web.json_response({"name": told["name"]})

    async def upload(self, request: web.Request) -> web.Response:
        bucket, path = request.match_info["bucket"], request.match_info["path"]
        if bucket not in self.buckets:
            return no_bucket()
        if path in self.buckets[bucket] and request.headers.get("x-upsert") != "true":
            return refuse(409, "Duplicate", "The resource already exists", "KeyAlreadyExists")
        content = await request.read()
        if len(content) > self.limits.get(bucket, LARGEST):
            message = "The object exceeded the maximum allowed size"
            return refuse(413, "Payload too large", message, "EntityTooLarge")
        allowed = self.types.get(bucket)
        if allowed and request.content_type not in allowed:
            message = f"mime type {request.content_type} is not supported"
            return refuse(415, "invalid_mime_type", message, "InvalidMimeType")
        self.buckets[bucket][path] = {
            "content": bytes(content),
            "id": str(uuid4()),
            "at": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        }
        return web.json_response({"Key": f"{bucket}/{path}", "Id": str(uuid4())})

    async def download(self, request: web.Request) -> web.Response:
        bucket = self.buckets.get(request.match_info["bucket"])
        if bucket is None:
            return no_bucket()
        found = bucket.get(request.match_info["path"])
        if found is None:
            return refuse(404, "not_found", "Object not found", "NoSuchKey")
        return web.Response(body=found["content"], content_type="application/octet-stream")

    async def download_open(self, request: web.Request) -> web.Response:
        if request.match_info["bucket"] not in self.public:
            return no_bucket()
        return await self.download(request)

    async def remove(self, request: web.Request) -> web.Response:
        bucket = self.buckets.get(request.match_info["bucket"], {})
        told = await request.json()
        gone = [name for name in told["prefixes"] if bucket.pop(name, None)]
        return web.json_response([{"name": name} for name in gone])

    async def listed(self, request: web.Request) -> web.Response:
        told = await request.json()
        bucket = self.buckets.get(request.match_info["bucket"], {})
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


def no_bucket() -> web.Response:
    return refuse(404, "Bucket not found", "Bucket not found", "NoSuchBucket")


def refuse(status: int, error: str, message: str, code: str) -> web.Response:
    body = {"statusCode": str(status), "error": error, "message": message, "code": code}
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
