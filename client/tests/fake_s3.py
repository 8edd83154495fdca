"""As much of S3 as MLflow's repository uses, which takes only keys that have not expired."""

from __future__ import annotations

import re
import threading
import xml.etree.ElementTree as ElementTree
from collections import defaultdict
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from local_site import Request


class FakeS3:
    """Answers what `other` does not.

    Attributes:
        objects: Content by path, `/bucket/key`.
        keys: Access keys that have signed a request, in order and without repetition.
        valid: Whether an access key is still good.
    """

    def __init__(self, other: Callable[[Request], None], valid: Callable[[str], bool]) -> None:
        self.other = other
        self.valid = valid
        self.objects: dict[str, bytes] = {}
        self.keys: list[str] = []
        self.refused = 0
        self._parts: defaultdict[str, dict[int, bytes]] = defaultdict(dict)
        self._lock = threading.Lock()

    def answer(self, request: Request) -> None:
        signed = re.search(r"Credential=([^/]+)/", request.headers.get("Authorization", ""))
        if signed is None:
            self.other(request)
            return
        with self._lock:
            if not self.valid(signed[1]):
                self.refused += 1
                request.reply(403, b"<Error><Code>ExpiredToken</Code><Message>expired</Message></Error>")
                return
            if signed[1] not in self.keys:
                self.keys.append(signed[1])
            self._answer(request)

    def _answer(self, request: Request) -> None:
        path = request.route
        query = {name: values[0] for name, values in parse_qs(urlsplit(request.path).query, True).items()}
        if "uploads" in query:
            request.reply(200, b"<R><UploadId>upload</UploadId></R>")
        elif request.command == "PUT":
            if "partNumber" in query:
                self._parts[path][int(query["partNumber"])] = self._plain(request)
            else:
                self.objects[path] = self._plain(request)
            request.reply(200, ETag='"tag"')
        elif request.command == "POST":
            listed = [
                part.text or "" for part in ElementTree.fromstring(request.body).iter() if "PartNumber" in part.tag
            ]
            parts = self._parts.pop(path)
            self.objects[path] = b"".join(parts[int(number)] for number in listed)
            request.reply(200, b"<R><ETag>tag</ETag></R>")
        elif "list-type" in query:
            found = "".join(
                f"<Contents><Key>{key.split('/', 2)[2]}</Key><Size>{len(content)}</Size></Contents>"
                for key, content in self.objects.items()
                if key.split("/", 2)[2].startswith(query["prefix"])
            )
            request.reply(200, f"<ListBucketResult>{found}</ListBucketResult>".encode())
        elif path in self.objects:
            content = self.objects[path]
            if wanted := re.match(r"bytes=(\d+)-(\d*)", request.headers.get("Range", "")):
                first, last = int(wanted[1]), int(wanted[2] or len(content) - 1)
                piece = content[first : last + 1]
                request.reply(206, piece, Content_Range=f"bytes {first}-{last}/{len(content)}", ETag='"tag"')
            else:
                request.reply(200, content, ETag='"tag"')
        else:
            request.reply(404, b"<Error><Code>NoSuchKey</Code><Message>none</Message></Error>")

    @staticmethod
    def _plain(request: Request) -> bytes:
        if "aws-chunked" not in request.headers.get("Content-Encoding", ""):
            return request.body
        # Each piece: its length in hexadecimal, a line end, the bytes, a line end; checksums follow the last.
        body, plain = request.body, b""
        while True:
            head, _, body = body.partition(b"\r\n")
            size = int(head.split(b";")[0], 16)
            if size == 0:
                return plain
            plain, body = plain + body[:size], body[size + 2 :]
