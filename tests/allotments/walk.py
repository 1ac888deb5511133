"""A random walk through a town: everything that can go wrong with rights, and a count of what residents really have.

``truth`` is what no database knows: a unit is gone once a sale was confirmed, and back once its undoing was.
"""

import random
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from kiosk.sync.rules import Trouble
from shared.allotments import operations, store
from shared.allotments.pools import generation_of, missing
from shared.allotments.rules import AT_RISK
from shared.kernel.errors import Refused
from shared.orders.operations import cancel_phone_order, phone_order_id, sell_at_counter
from shared.orders.rules import Sale
from shared.sync import store as sync_store
from tests.allotments.stand import PRICE, REGION, Post, Town

OFFER = "O1"


class Crash(Exception):
    """The machine lost power."""


class Walk:
    """One seed."""

    def __init__(self, folder: Path, seed: int, *, total: int = 14, posts: int = 3) -> None:
        self.rng = random.Random(seed)
        self.town = Town(folder)
        self.total = total
        self.gone: Counter[str] = Counter()
        self.sales: list[tuple[Post, Sale]] = []
        self.phoned: dict[str, int] = {}
        self.cancelled: list[str] = []
        self.cards: dict[str, list[Path]] = {}
        self.copies: list[Path] = []
        self.dead: set[str] = set()
        self.log: list[str] = []
        for n in range(posts):
            self.town.post(f"P{n + 1}")
        self.town.offer(total)
        self.steps: list[tuple[int, Callable[[], None]]] = [
            (30, self.sell),
            (30, self.round),
            (8, self.lose_answer),
            (8, self.phone),
            (6, self.undo),
            (4, self.cancel),
            (5, self.want),
            (3, self.copy_card),
            (3, self.put_card_back),
            (2, self.crash),
            (2, self.lose_guard),
            (1, self.lose_guard_and_put_card_back),
            (1, self.give_up_too_early),
            (2, self.close_for_a_while),
            (2, self.copy_centre),
            (1, self.put_centre_back),
            (4, self.wait),
            (1, self.write_off),
        ]

    def run(self, steps: int) -> None:
        """Walk, and check after each step."""
        doings = [doing for _, doing in self.steps]
        weights = [weight for weight, _ in self.steps]
        for _ in range(steps):
            self.rng.choices(doings, weights)[0]()
            self.check()
        self.heal()

    def check(self) -> None:
        """Nothing was ever sold that was not there, and the pool agrees with its holders."""
        gone = sum(self.gone.values())
        assert gone <= self.total, f"{gone} of {self.total} sold: {self.log[-40:]}"
        self.town.report()

    def heal(self) -> None:
        """Everybody comes back; who does not is counted. Then no offer is frozen, and nothing is lost for ever."""
        for _ in range(4):
            for post in self.town.posts.values():
                if post.device not in self.dead:
                    post.link.lose = 0
                    post.round()
        self.check()
        generation = generation_of(self.town.centre.db)
        for one in missing(self.town.centre.db, REGION, generation):
            assert one.device in self.dead, f"{one} was heard: {self.log[-40:]}"
        for device in sorted(self.dead):
            operations.sign_off_device(self.town.centre.journal, REGION, device, [(OFFER, self.gone[device])], "op")
        assert missing(self.town.centre.db, REGION, generation) == []
        self.check()

    def _post(self) -> Post:
        return self.rng.choice([one for one in self.town.posts.values() if one.device not in self.dead])

    def note(self, text: str) -> None:
        """What happened, for a failure's message."""
        self.log.append(text)

    def sell(self) -> None:
        post = self._post()
        units = self.rng.choice((1, 1, 1, 2, 3))
        try:
            sale = post.sell(OFFER, units)
        except Refused as refused:
            self.note(f"{post.name} {refused.code}")
            return
        self.gone[post.device] += units
        self.sales.append((post, sale))
        self.note(f"{post.name} sold {units}")

    def crash(self) -> None:
        """Power is lost after the guard was written and before the commit: nobody got anything."""
        post = self._post()
        journal = post.kiosk.journal()

        def lose_power() -> None:
            raise Crash

        try:
            with journal.writing(post.point) as tx:
                sell_at_counter(journal, tx, post.kiosk.guard, post.point, [(OFFER, 1)], received_fen=PRICE, actor="S1")
                tx.before_commit(lose_power)
        except (Refused, Crash):
            pass
        self.note(f"{post.name} crashed in a sale")
        post.reopen()

    def undo(self) -> None:
        """Goods come back; the resident had them."""
        if not self.sales:
            return
        post, sale = self.sales.pop(self.rng.randrange(len(self.sales)))
        if post.device in self.dead:
            return
        try:
            post.undo(sale)
        except Refused as refused:
            self.note(f"{post.name} can't undo: {refused.code}")
            return
        self.gone[post.device] -= sum(units for _, units in sale.rights)
        self.note(f"{post.name} undid {sale.rights}")

    def round(self) -> None:
        post = self._post()
        trouble = post.round()
        self.note(f"{post.name} round {trouble.value}")

    def lose_answer(self) -> None:
        post = self._post()
        post.link.lose = 1
        assert post.round() in (Trouble.NO_NETWORK, Trouble.BUSY)
        post.link.lose = 0
        self.note(f"{post.name} lost an answer")

    def want(self) -> None:
        self._post().want(OFFER, self.rng.randrange(1, 6))

    def wait(self) -> None:
        self.town.clock.advance(self.rng.choice((60, 1200, 90_000)))

    def phone(self) -> None:
        key = f"key-{len(self.phoned)}-{self.rng.randrange(10**6)}"
        units = self.rng.choice((1, 1, 2))
        try:
            self.town.phone(key, OFFER, units)
        except Refused as refused:
            self.note(f"phone {refused.code}")
            return
        self.gone["phone"] += units
        self.phoned[key] = units
        self.note(f"phone sold {units}")

    def cancel(self) -> None:
        """A phone order is cancelled. One that a restored centre forgot stays as promised to the resident.

        One whose cancellation it forgot is cancelled again, which gives nobody anything.
        """
        if not self.phoned:
            return
        key = self.rng.choice([*sorted(self.phoned), *self.cancelled])
        order = phone_order_id("app", key)
        journal = self.town.centre.journal
        try:
            with journal.writing("JN-P1") as tx:
                cancel_phone_order(journal, tx, "JN-P1", order, "", "app")
        except Refused:
            return
        self.gone["phone"] -= self.phoned.pop(key, 0)
        self.cancelled.append(key)
        self.note(f"phone cancelled {key}")

    def copy_card(self) -> None:
        post = self._post()
        self.cards.setdefault(post.name, []).append(post.copy())
        self.note(f"{post.name} card copied")

    def put_card_back(self) -> None:
        post = self._post()
        if self.cards.get(post.name):
            post.put_back(self.rng.choice(self.cards[post.name]))
            self.note(f"{post.name} card put back")

    def lose_guard(self) -> None:
        post = self._post()
        post.lose_guard()
        self.note(f"{post.name} lost its guard")

    def lose_guard_and_put_card_back(self) -> None:
        """Somebody copied the database alone onto a new card."""
        post = self._post()
        if self.cards.get(post.name):
            post.lose_guard()
            post.put_back(self.rng.choice(self.cards[post.name]))
            self.note(f"{post.name} card put back without its guard")

    def give_up_too_early(self) -> None:
        """A device is declared dead, and goes on selling where nobody sees it."""
        post = self._post()
        operations.declare_dead(self.town.centre.journal, post.device, "op")
        self.note(f"{post.name} was given up too early")

    def close_for_a_while(self) -> None:
        """The offer is taken down, what points hold comes back, and it is put up again."""
        self.town.offer(self.total, active=False)
        self.town.clock.advance(700)
        for post in self.town.posts.values():
            if post.device not in self.dead and self.rng.random() < 0.7:
                post.round()
                post.round()
                post.round()
        self.town.offer(self.total)
        self.note("all closed for a while")

    def copy_centre(self) -> None:
        self.copies.append(self.town.copy())
        self.note("centre copied")

    def put_centre_back(self) -> None:
        if self.copies:
            self.town.put_back(self.rng.choice(self.copies))
            life = sync_store.server_life(self.town.centre.db)
            self.note(f"centre put back: {life}")

    def write_off(self) -> None:
        """A device is lost for ever; a person counts what it sold. Never the last one."""
        alive = [one for one in self.town.posts.values() if one.device not in self.dead]
        if len(alive) < 2:
            return
        post = self.rng.choice(alive)
        self.dead.add(post.device)
        journal = self.town.centre.journal
        operations.declare_dead(journal, post.device, "op")
        for share in store.shares_of_device(self.town.centre.db, post.device):
            if share.state in AT_RISK and self.rng.random() < 0.7:
                most = max(share.counters.held, share.counters.gone)
                counted = min(most, max(share.counters.gone, self.gone[post.device]))
                operations.sign_off(journal, OFFER, post.device, share.lot, counted, "op")
        self.note(f"{post.name} is dead; it had sold {self.gone[post.device]}")
