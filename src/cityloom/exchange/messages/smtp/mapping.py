"""Our message as a mail, and what a server's answers mean."""

from __future__ import annotations

from email.message import EmailMessage
from email.utils import format_datetime

from cityloom.base.sending import Outgoing


def mail_of(message: Outgoing, sender: str) -> EmailMessage:
    """A plain mail; its Message-ID is ours and the same at every attempt, so that a second copy is known as one."""
    mail = EmailMessage()
    mail["From"] = sender
    mail["To"] = message.to
    mail["Subject"] = " ".join(message.text.subject.split())
    mail["Date"] = format_datetime(message.at)
    mail["Message-ID"] = message_id_of(message, sender)
    mail["Auto-Submitted"] = "auto-generated"
    mail["Content-Language"] = message.language
    mail.set_content(message.text.body)
    return mail


def message_id_of(message: Outgoing, sender: str) -> str:
    """`<cityloom.17@city.example>`."""
    return f"<cityloom.{message.id}@{sender.rpartition('@')[2].rstrip('>')}>"


def is_for_good(code: int) -> bool:
    """Whether an SMTP reply code is a refusal that will stay (RFC 5321 4.2.1: 5yz)."""
    return 500 <= code < 600
