"""Pictures and documents: kept in memory, named by file_id, measured without an imaging library.

Telegram refuses a photo it cannot decode and one that is too large, and the sandbox does the same.
"""

from __future__ import annotations

import base64
import hashlib
import mimetypes
import re
import struct
from dataclasses import dataclass

from bot.sandbox.telegram.call import Call, Upload
from bot.sandbox.telegram.errors import BotApiError, Json, bad_request

_PHOTO_BYTES = 10 * 1024 * 1024
_DOCUMENT_BYTES = 50 * 1024 * 1024
_DOWNLOAD_BYTES = 20 * 1024 * 1024
_PHOTO_SIDES = 10_000  # width plus height
_PHOTO_RATIO = 20


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file and the path under which getFile offers it."""

    id: str
    path: str
    name: str
    mime: str
    content: bytes
    size: tuple[int, int] | None = None  # of a photo, in pixels

    def describe(self) -> Json:
        """The fields every file object has."""
        unique = self.id[-16:]
        return {"file_id": self.id, "file_unique_id": unique, "file_size": len(self.content)}


class Files:
    """All files of the sandbox."""

    def __init__(self) -> None:
        self._by_id: dict[str, StoredFile] = {}
        self._by_path: dict[str, StoredFile] = {}

    def find(self, file_id: str) -> StoredFile | None:
        """A file by file_id."""
        return self._by_id.get(file_id)

    def at(self, path: str) -> StoredFile | None:
        """A file by the path getFile gave."""
        return self._by_path.get(path)

    def describe(self, file_id: str | None) -> Json:
        """The File of getFile. Raises 400 for an unknown id and for more than 20 MB."""
        stored = self._by_id.get(file_id or "")
        if stored is None:
            raise bad_request("invalid file_id")
        if len(stored.content) > _DOWNLOAD_BYTES:
            raise bad_request("file is too big")
        return stored.describe() | {"file_path": stored.path}

    def photo(self, call: Call, source: str | None, field: str = "photo") -> Json:
        """The content of a photo message from an upload, `attach://` name or file_id."""
        stored = self._given(call, source, field, "photos")
        if stored.size is None:
            raise bad_request("IMAGE_PROCESS_FAILED")
        width, height = stored.size
        if width + height > _PHOTO_SIDES or max(width, height) > _PHOTO_RATIO * min(width, height):
            raise bad_request("PHOTO_INVALID_DIMENSIONS")
        return {"photo": [stored.describe() | {"width": width, "height": height}]}

    def document(self, call: Call, source: str | None, field: str = "document") -> Json:
        """The content of a document message from an upload, `attach://` name or file_id."""
        stored = self._given(call, source, field, "documents")
        return {"document": stored.describe() | {"file_name": stored.name, "mime_type": stored.mime}}

    def keep(self, upload: Upload, folder: str) -> StoredFile:
        """Store an upload. Raises 413 when it is larger than Telegram takes."""
        if len(upload.content) > (_PHOTO_BYTES if folder == "photos" else _DOCUMENT_BYTES):
            raise BotApiError(413, "Request Entity Too Large")
        number = len(self._by_id)
        digest = hashlib.sha256(f"{folder}{number}".encode() + upload.content).digest()[:24]
        file_id = "SB" + base64.urlsafe_b64encode(digest).decode()
        guessed = mimetypes.guess_type(upload.name)[0]
        size = image_size(upload.content)
        # Telegram turns every photo into a JPEG; the sandbox keeps the bytes and says what they are.
        mime = (_image_type(upload.content) if folder == "photos" else guessed) or "application/octet-stream"
        suffix = (mimetypes.guess_extension(mime) or "") if folder == "photos" else _suffix(upload.name)
        stored = StoredFile(
            file_id, f"{folder}/file_{number}{suffix}", upload.name, mime, upload.content, size
        )
        self._by_id[file_id] = self._by_path[stored.path] = stored
        return stored

    def _given(self, call: Call, source: str | None, field: str, folder: str) -> StoredFile:
        if source is None and field in call.uploads:
            source = f"attach://{field}"
        if not source:
            raise bad_request(f"there is no {field} in the request")
        if source.startswith("attach://"):
            upload = call.uploads.get(source.removeprefix("attach://"))
            if upload is None or not upload.content:
                raise bad_request("file must be non-empty")
            return self.keep(upload, folder)
        if re.match(r"https?://", source):
            raise bad_request("failed to get HTTP URL content")  # the sandbox fetches nothing
        stored = self._by_id.get(source)
        if stored is None:
            raise bad_request("wrong file identifier/HTTP URL specified")
        return stored


def _suffix(name: str) -> str:
    match = re.search(r"\.[A-Za-z0-9]{1,8}$", name)
    return match[0].lower() if match else ""


def _image_type(content: bytes) -> str | None:
    heads = ((b"\x89PNG\r\n\x1a\n", "image/png"), (b"\xff\xd8", "image/jpeg"), (b"GIF8", "image/gif"))
    known = next((mime for head, mime in heads if content.startswith(head)), None)
    return "image/webp" if known is None and content[:4] == b"RIFF" and content[8:12] == b"WEBP" else known


def image_size(content: bytes) -> tuple[int, int] | None:
    """Width and height of a PNG, GIF, WebP or JPEG in pixels; None for anything else."""
    kind = _image_type(content)
    try:
        if kind == "image/png":
            return struct.unpack(">II", content[16:24])
        if kind == "image/gif":
            return struct.unpack("<HH", content[6:10])
        if kind == "image/webp":
            return _webp_size(content)
        return _jpeg_size(content) if kind == "image/jpeg" else None
    except (struct.error, IndexError):
        return None


def _webp_size(content: bytes) -> tuple[int, int] | None:
    form = content[12:16]
    if form == b"VP8X":
        width = int.from_bytes(content[24:27], "little") + 1
        return width, int.from_bytes(content[27:30], "little") + 1
    if form == b"VP8L":
        bits = int.from_bytes(content[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    if form == b"VP8 ":
        width, height = struct.unpack("<HH", content[26:30])
        return width & 0x3FFF, height & 0x3FFF
    return None


def _jpeg_size(content: bytes) -> tuple[int, int] | None:
    at = 2
    while at + 9 < len(content):
        if content[at] != 0xFF:
            return None
        marker = content[at + 1]
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack(">HH", content[at + 5 : at + 9])
            return width, height
        at += 2 + int.from_bytes(content[at + 2 : at + 4], "big")
    return None
