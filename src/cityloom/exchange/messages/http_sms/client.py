"""Talks to an SMS gateway: one JSON POST a message, with a limit on every wait."""

from __future__ import annotations

import http.client
import ssl
from dataclasses import dataclass

from cityloom.base.sending import Outgoing, ProviderAway, ProviderRefused
from cityloom.exchange.messages.http_sms.mapping import SmsForm, answer_of, request_of

TIMEOUT_S = 10.0
LONGEST_ANSWER = 100_000
COME_AGAIN = frozenset({401, 403, 404, 408, 425, 429})  # the setup or the moment is wrong, not the message


@dataclass(frozen=True)
class HttpSms:
    """A gateway at `host:port` and `path` (with its query)."""

    host: str
    port: int
    path: str
    form: SmsForm
    tls: bool = True
    timeout_s: float = TIMEOUT_S

    def send(self, message: Outgoing) -> str:
        """Hand the message over; the id in its answer. Errors never repeat what was sent."""
        body, headers = request_of(self.form, message)
        status, answer = self._posted(body, headers)
        if status in COME_AGAIN or status >= 500 or status < 200:
            raise ProviderAway("message.provider_away", detail=f"HTTP {status}")
        if status >= 300:
            raise ProviderRefused("message.provider_refused", detail=f"HTTP {status}")
        found = answer_of(self.form, answer)
        if not found.taken:
            raise ProviderRefused("message.provider_refused", detail=found.said[:40])
        return found.provider_id

    def _posted(self, body: bytes, headers: dict[str, str]) -> tuple[int, bytes]:
        connection = self._connection()
        try:
            connection.request("POST", self.path, body, headers)
            answer = connection.getresponse()
            return answer.status, answer.read(LONGEST_ANSWER)
        except (OSError, http.client.HTTPException) as wrong:
            raise ProviderAway("message.provider_away", detail=type(wrong).__name__) from wrong
        finally:
            connection.close()

    def _connection(self) -> http.client.HTTPConnection:
        if self.tls:
            context = ssl.create_default_context()
            return http.client.HTTPSConnection(self.host, self.port, timeout=self.timeout_s, context=context)
        return http.client.HTTPConnection(self.host, self.port, timeout=self.timeout_s)
