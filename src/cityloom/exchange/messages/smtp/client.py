"""Talks SMTP: one connection a message, with a limit on every wait."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass

from cityloom.base.sending import Outgoing, ProviderAway, ProviderRefused
from cityloom.exchange.messages.smtp.mapping import is_for_good, mail_of, message_id_of

TIMEOUT_S = 10.0


@dataclass(frozen=True)
class Smtp:
    """A mail server. `implicit_tls` speaks TLS from the first byte, `starttls` turns to it before signing in."""

    host: str
    port: int
    sender: str
    user: str = ""
    password: str = ""
    implicit_tls: bool = False
    starttls: bool = True
    timeout_s: float = TIMEOUT_S

    def send(self, message: Outgoing) -> str:
        """Hand the mail over; the provider's id is the mail's Message-ID. Errors never repeat an address."""
        try:
            with self._connected() as server:
                server.send_message(mail_of(message, self.sender), self.sender, [message.to])
        except smtplib.SMTPRecipientsRefused as wrong:
            raise _refusal(max(code for code, _ in wrong.recipients.values())) from wrong
        except smtplib.SMTPResponseException as wrong:
            raise _refusal(int(wrong.smtp_code)) from wrong
        except (OSError, smtplib.SMTPException) as wrong:
            raise ProviderAway("message.provider_away", detail=type(wrong).__name__) from wrong
        return message_id_of(message, self.sender)

    def _connected(self) -> smtplib.SMTP:
        context = ssl.create_default_context()
        if self.implicit_tls:
            server: smtplib.SMTP = smtplib.SMTP_SSL(self.host, self.port, timeout=self.timeout_s, context=context)
        else:
            server = smtplib.SMTP(self.host, self.port, timeout=self.timeout_s)
        try:
            if self.starttls and not self.implicit_tls:
                server.starttls(context=context)
            if self.user:
                server.login(self.user, self.password)
        except BaseException:
            server.close()
            raise
        return server


def _refusal(code: int) -> ProviderAway | ProviderRefused:
    if is_for_good(code) and code not in (530, 534, 535):  # those blame us, not the mail
        return ProviderRefused("message.provider_refused", detail=f"SMTP {code}")
    return ProviderAway("message.provider_away", detail=f"SMTP {code}")
