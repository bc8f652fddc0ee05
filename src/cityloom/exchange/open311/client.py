"""Talks to another Open311 server: XML, which the specification requires of each, bounded in time and size."""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol
from urllib.parse import quote, urlencode, urlsplit

from cityloom.base.errors import CityloomError
from cityloom.base.reasons import register
from cityloom.exchange.open311.theirs import AnswerNotUnderstood, TheirRequest, read_refusal, read_requests

TIMEOUT_S = 10.0
LONGEST_ANSWER = 20_000_000
FORM = "application/x-www-form-urlencoded; charset=utf-8"
register(
    {
        "open311.server_away": (
            "Open311 服务器 {host} 暂无应答（{detail}），稍后再试",
            "the Open311 server {host} does not answer ({detail}); try again later",
        ),
        "open311.server_refused": (
            "Open311 服务器 {host} 拒绝：{detail}",
            "the Open311 server {host} refuses: {detail}",
        ),
    }
)


class ServerAway(CityloomError):
    """The other server cannot be reached, is broken, or answers what nobody understands."""

    status = 502


class ServerRefused(CityloomError):
    """The other server understood and said no."""

    status = 502


class Server(Protocol):
    """What the actions need of another server; `Open311Server` is the real one."""

    def list_changed(self, after: datetime, page: int, page_size: int) -> list[TheirRequest]: ...
    def list_by_id(self, ids: Sequence[str]) -> list[TheirRequest]: ...
    def post_request(self, fields: Mapping[str, str], key: str) -> TheirRequest: ...
    def find_by_token(self, token: str) -> str: ...
    def post_update(self, fields: Mapping[str, str]) -> None: ...


@dataclass(frozen=True)
class Open311Server:
    """One endpoint. It follows no redirects: the address in city.toml is the one that is spoken to."""

    url: str
    jurisdiction: str = ""
    api_key: str = ""
    timeout_s: float = TIMEOUT_S

    def list_changed(self, after: datetime, page: int, page_size: int) -> list[TheirRequest]:
        """A page of what changed after a moment; raises ServerAway or ServerRefused."""
        asked = {
            "updated_after": after.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "page": str(page),
            "page_size": str(page_size),
        }
        return self._requests("requests.xml", asked)

    def list_by_id(self, ids: Sequence[str]) -> list[TheirRequest]:
        """Those of these ids that the server knows."""
        return self._requests("requests.xml", {"service_request_id": ",".join(ids)}) if ids else []

    def post_request(self, fields: Mapping[str, str], key: str) -> TheirRequest:
        """Report to the server; its id or a token comes back. One that knows `key` makes no second one."""
        body = urlencode({**self._always(), "api_key": self.api_key, **fields}).encode()
        headers = {"Content-Type": FORM, "Idempotency-Key": key}
        found = self._read(self._exchanged("POST", "requests.xml", body, headers))
        if len(found) != 1 or not (found[0].id or found[0].token):
            raise self._away("no service_request_id and no token")
        return found[0]

    def find_by_token(self, token: str) -> str:
        """The id behind a token; empty while there is none."""
        found = self._requests(f"tokens/{quote(token, safe='')}.xml", {})
        return found[0].id if found else ""

    def post_update(self, fields: Mapping[str, str]) -> None:
        """Say what became of one of its requests; raises ServerRefused also where a success tells errors."""
        body = urlencode({**self._always(), "api_key": self.api_key, **fields}).encode()
        answer = self._exchanged("POST", "servicerequestupdates.xml", body, {"Content-Type": FORM})
        if detail := read_refusal(answer):
            host = urlsplit(self.url).hostname or ""
            raise ServerRefused("open311.server_refused", host=host, detail=detail)

    def _requests(self, path: str, asked: Mapping[str, str]) -> list[TheirRequest]:
        query = urlencode({**self._always(), **asked})
        return self._read(self._exchanged("GET", f"{path}?{query}" if query else path, None, {}))

    def _read(self, body: bytes) -> list[TheirRequest]:
        try:
            return read_requests(body)
        except AnswerNotUnderstood as wrong:
            raise self._away(str(wrong)) from wrong

    def _always(self) -> dict[str, str]:
        return {"jurisdiction_id": self.jurisdiction} if self.jurisdiction else {}

    def _exchanged(self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]) -> bytes:
        parts = urlsplit(self.url)
        connection = self._connection(parts.hostname or "", parts.port, parts.scheme == "https")
        try:
            connection.request(method, f"{parts.path.rstrip('/')}/{path}", body, dict(headers))
            answer = connection.getresponse()
            read = answer.read(LONGEST_ANSWER + 1)
        except (OSError, http.client.HTTPException, ValueError) as wrong:
            raise self._away(type(wrong).__name__) from wrong
        finally:
            connection.close()
        if len(read) > LONGEST_ANSWER:
            raise self._away("the answer is too long")
        if answer.status in (408, 425, 429) or answer.status >= 500:
            raise self._away(f"HTTP {answer.status}")
        if not 200 <= answer.status < 300:
            detail = read_refusal(read) or f"HTTP {answer.status}"
            raise ServerRefused("open311.server_refused", host=parts.hostname, detail=detail)
        return read

    def _connection(self, host: str, port: int | None, tls: bool) -> http.client.HTTPConnection:
        if tls:
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(host, port, timeout=self.timeout_s, context=context)
        return http.client.HTTPConnection(host, port, timeout=self.timeout_s)

    def _away(self, detail: str) -> ServerAway:
        return ServerAway("open311.server_away", host=urlsplit(self.url).hostname or "", detail=detail[:80])
