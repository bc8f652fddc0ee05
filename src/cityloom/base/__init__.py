"""What every folder leans on: ids, time, errors, reasons, crypto, outbox, idempotency."""
