"""A receiver, a courier over the life's clock, and what inside may be led to: this machine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from tests.cases.life import Life
from tests.exchange.webhooks.receiver import Receiver

from cityloom.city.values import Post, Role
from cityloom.exchange.actions.add_webhook import NewWebhook, add_webhook
from cityloom.exchange.webhooks.addresses import Inside
from cityloom.exchange.webhooks.courier import Courier
from cityloom.exchange.webhooks.posting import Poster
from cityloom.exchange.webhooks.values import Wanted, Webhook

HERE = Inside.of(["127.0.0.0/8"])
ADMIN = Post("admin", Role.ADMIN)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as one:
        yield one


@pytest.fixture
def courier_of(life: Life) -> Iterator[Callable[..., Courier]]:
    """Makes a courier of the small city; chance gives the middle of its range."""
    made: list[Courier] = []

    def make(inside: Inside = HERE, timeout_s: float = 30.0, **more: Any) -> Courier:
        poster = Poster(inside, timeout_s)
        made.append(Courier(life.clock, lambda _: life.city, poster, chance=lambda: 0.5, **more))
        return made[-1]

    yield make
    for courier in made:
        courier.close()


@pytest.fixture
def add(life: Life, receiver: Receiver) -> Callable[..., tuple[Webhook, str]]:
    """Adds a webhook to the receiver for the administrator of the whole city; its secret comes with it."""

    def make(url: str = "", by: Post = ADMIN, unit: str | None = None, **wanted: Any) -> tuple[Webhook, str]:
        new = NewWebhook(url or receiver.url, "the board", Wanted(**wanted), unit)
        return add_webhook(life.city, new, by, HERE, life.clock)

    return make
