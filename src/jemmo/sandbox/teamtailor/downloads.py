"""Responds to file links like the storage behind them, with XML errors."""

import re
from datetime import datetime
from urllib.parse import parse_qsl

from jemmo.sandbox.files import docx, pdf, png
from jemmo.sandbox.http import Call, Reply
from jemmo.sandbox.teamtailor.world import World

PATH = re.compile(r"/s3/resumes/([0-9a-f]{40})\.(\w+)$")
XML = {"Content-Type": "application/xml"}
TEMPLATE = "/s3/resumes/{file}"


def download(world: World, call: Call) -> Reply:
    """Return the file, 403 for an expired or forged link, 400 if a key was sent along."""
    match = PATH.match(call.path)
    opened = world.file_links.open(match[1]) if match else None
    if match is None or opened is None:
        return _refuse(404, "NoSuchKey", "The specified key does not exist.")
    misuse = _misuse(call)
    if misuse is not None:
        return misuse
    second, signature = _signing(call.query)
    if second is None or not world.file_links.signed(match[1], second, signature):
        return _refuse(403, "SignatureDoesNotMatch", "The request signature does not match.")
    if not world.file_links.fresh(second):
        return _refuse(403, "AccessDenied", "Request has expired")
    text = world.file_text(*opened)
    if text is None:
        return _refuse(404, "NoSuchKey", "The specified key does not exist.")
    return Reply(200, _bytes(match[2], text), {"Content-Type": "binary/octet-stream"}, TEMPLATE)


def _misuse(call: Call) -> Reply | None:
    if "Authorization" in call.headers:
        return _refuse(400, "InvalidArgument", "Only one auth mechanism allowed")
    if call.method != "GET":
        return _refuse(405, "MethodNotAllowed", "The specified method is not allowed.")
    return None


def _signing(query: str) -> tuple[int | None, str]:
    params = dict(parse_qsl(query))
    try:
        moment = datetime.strptime(params.get("X-Amz-Date", ""), "%Y%m%dT%H%M%S%z")
    except ValueError:
        return None, ""
    return int(moment.timestamp()), params.get("X-Amz-Signature", "")


def _bytes(extension: str, text: str) -> bytes:
    return docx(text) if extension == "docx" else png() if extension == "png" else pdf(text)


def _refuse(status: int, code: str, message: str) -> Reply:
    body = (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code>'
        f"<Message>{message}</Message><RequestId>5A4DB0X</RequestId></Error>"
    )
    return Reply(status, body.encode(), dict(XML), TEMPLATE)
