"""Planted bugs: each takes one line of the product away. A simulation that misses one of them proves nothing.

A bug is a change of a function's source, so that it says what a careless hand could have written. Where the product
has moved on and the line is no longer there, planting fails aloud.
"""

import ast
import importlib
import inspect
import textwrap
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from types import FunctionType
from typing import Any

from tests.sim.network import Fate
from tests.sim.profiles import NORMAL, Profile


class Stale(LookupError):
    """The line that a planted bug changes is no longer in the product."""


@dataclass(frozen=True)
class Change:
    """In the function at ``place`` (``package.module:Class.function``) the text ``old`` reads ``new``."""

    place: str
    old: str
    new: str


@dataclass(frozen=True)
class Mutant:
    """A planted bug. ``breaks`` says which promise falls; ``profile`` meets it soonest."""

    name: str
    breaks: str
    changes: tuple[Change, ...]
    profile: Profile = NORMAL

    @contextmanager
    def planted(self) -> Iterator[None]:
        """Within: the product has this bug."""
        by_place: dict[str, list[Change]] = {}
        for change in self.changes:
            by_place.setdefault(change.place, []).append(change)
        with ExitStack() as stack:
            for place, changes in by_place.items():
                stack.enter_context(_changed(place, changes))
            yield


def _function(place: str) -> FunctionType:
    module, _, path = place.partition(":")
    found: Any = importlib.import_module(module)
    for name in path.split("."):
        found = inspect.getattr_static(found, name)
        found = getattr(found, "__func__", found)
    unwrapped: Any = inspect.unwrap(found)
    assert isinstance(unwrapped, FunctionType)
    return unwrapped


@contextmanager
def _changed(place: str, changes: list[Change]) -> Iterator[None]:
    """Exchange a function's code, so that everybody who holds the function runs the new one."""
    function = _function(place)
    source = textwrap.dedent(inspect.getsource(function))
    for change in changes:
        if change.old not in source:
            raise Stale(f"{place} no longer says {change.old!r}")
        source = source.replace(change.old, change.new)
    tree = ast.parse(source)
    definition = tree.body[0]
    assert isinstance(definition, ast.FunctionDef)
    definition.decorator_list = []
    ast.increment_lineno(tree, function.__code__.co_firstlineno - 1)
    names: dict[str, Any] = dict(function.__globals__)
    exec(compile(tree, function.__code__.co_filename, "exec"), names)  # noqa: S102 - our own source, one line changed
    original = function.__code__
    function.__code__ = names[definition.name].__code__
    try:
        yield
    finally:
        function.__code__ = original


def _one(name: str, breaks: str, place: str, old: str, new: str, profile: Profile = NORMAL) -> Mutant:
    return Mutant(name, breaks, (Change(place, old, new),), profile)


RECEIVE = "shared.sync.receive"
ACCEPT = "shared.sync.accept"
ROWS = "shared.sync.rows"
REJOIN = "shared.sync.rejoin"
STORE = "shared.sync.store"
STANDING = "shared.allotments.standing"
POOLS = "shared.allotments.pools"
SETTLING = "shared.allotments.settling"
OPERATIONS = "sync_server.sync.operations"

LOSSY = NORMAL.more("lossy", meanwhile=0.5, round=40.0, late_request=10.0)
LYING = replace(LOSSY, name="lying", fine=0.5, fates={Fate.OLD_ANSWER: 3.0, Fate.GARBLED: 1.0, Fate.CUT: 1.0})
POISONED = NORMAL.more("poisoned", poison=12.0, round=40.0)
BUSY = NORMAL.more("busy", meanwhile=0.7, kiosk_work=80.0, sale=3.0, phone_order=2.0, round=40.0, poison=8.0)
TOGETHER = replace(
    NORMAL.more("together", line=6.0, line_back=6.0, kiosk_work=80.0, sale=3.0, phone_order=1.0, round=36.0),
    parcels={"inbound": 12, "hand out": 34, "undo hand-out": 34},
)
RESTORES = NORMAL.more("restores", kiosk_backup=8.0, kiosk_restore=8.0, round=36.0)
CENTRE_RESTORES = NORMAL.more("centre restores", centre_backup=8.0, centre_restore=5.0, round=36.0)
CLONES = NORMAL.more("clones", clone=5.0, clone_enrolled=3.0, round=36.0)
CLONES_AND_COPIES = CLONES.more("clones and centre restores", centre_backup=6.0, centre_restore=5.0)
SALES = NORMAL.more("sales", sale=50.0, undo_sale=5.0, phone_order=12.0, phone_cancel=4.0, round=40.0, kiosk_work=8.0)
SALES_CALM = SALES.more(
    "sales without accidents",
    kiosk_crash=0.0,
    centre_crash=0.0,
    kiosk_restore=0.0,
    kiosk_restore_without_guard=0.0,
    centre_restore=0.0,
    phone_order=30.0,
)
SALES_RESTORED = SALES.more(
    "sales and restores",
    kiosk_backup=12.0,
    kiosk_restore=14.0,
    kiosk_restore_without_guard=1.0,
    centre_restore=0.0,
    clone=0.0,
)
SALES_CENTRE = SALES.more("sales and centre restores", centre_backup=8.0, centre_restore=5.0, line=6.0)
SALES_CLONED = SALES.more("sales and clones", clone=6.0, line=5.0)
SALES_DEAD = SALES.more("sales and deaths", dead_kiosk=3.0, new_kiosk=5.0, count_by_hand=10.0)
PRUNED = CENTRE_RESTORES.more("pruned", centre_backup=16.0, round=70.0)

MUTANTS = (
    # --- the centre's half of a round ---
    _one(
        "applied-twice", "a repeated request changes nothing", f"{RECEIVE}:_take_new",
        "first = held + 1", "first = request.first_seq", LOSSY,
    ),
    _one(
        "gap-not-checked", "a lane has no gaps", f"{RECEIVE}:_check_chain",
        "if request.first_seq > held + 1:", "if False:", CENTRE_RESTORES,
    ),
    _one(
        "generation-not-checked", "a request from before a restore counts for nothing", f"{RECEIVE}:_check_chain",
        "if request.generation != life.generation:", "if False:", CENTRE_RESTORES,
    ),
    Mutant(
        "hash-not-checked", "the same number with another hash is a fork",
        (
            Change(f"{RECEIVE}:_check_chain", "if seq == held and chain != held_hash:", "if False:"),
            Change(f"{RECEIVE}:_check_chain", "if request.first_seq == held + 1 and chain != held_hash:", "if False:"),
            Change(f"{RECEIVE}:_check_chain", "if request.first_seq + len(lines) - 1 < held:", "if False:"),
        ),
        RESTORES,
    ),
    _one(
        "lanes-not-compared", "a fact that another lane holds is not applied again", f"{RECEIVE}:_take_new",
        "_held_in_other_lanes(tx, point, request, push, now) if push.other_lanes else push.seq", "push.seq", CLONES,
    ),
    _one(
        "poison-dropped", "what cannot be applied is parked, never dropped", f"{RECEIVE}:_apply_one",
        "store.add_quarantine(", "(lambda *_: None)(", POISONED,
    ),
    _one(
        "savepoint-leaks", "a fact that fails leaves nothing behind", f"{RECEIVE}:_apply_one",
        "with tx.savepoint():", "if True:", POISONED,
    ),
    _one(
        "reads-not-forgotten", "the centre forgets what it read of a fact that failed", f"{RECEIVE}:_apply_one",
        "rows.forget_reads(tx)", "pass", POISONED,
    ),
    _one(
        "own-too-often", "a kiosk hears of what others changed", f"{RECEIVE}:_answer",
        "all(before[feed] == at for feed, at in wanted.items())", "True",
    ),
    _one(
        "version-not-raised", "every change gets a version of its own", f"{ROWS}:next_version",
        "version = lock_feed(tx, feed) + 1", "version = lock_feed(tx, feed) + (not feed.startswith('point'))",
    ),
    # --- the kiosk's half ---
    _one(
        "cursor-without-rows", "a cursor moves with its rows only", f"{ACCEPT}:accept",
        "if reads and (refused or not plain or not answers[0].own):", "if False:",
    ),
    _one(
        "not-stepped-back", "a kiosk steps back before it takes rows", f"{ACCEPT}:_rebase",
        'rows.step_back(tx, house, bytes(row["undo"]))', "pass", LOSSY,
    ),
    _one(
        "stepped-back-in-wrong-order", "newest is stepped back first", f"{ACCEPT}:_rebase",
        "store.each_fact_back_to(tx, acked_before):", "list(store.each_fact_back_to(tx, acked_before))[::-1]:", BUSY,
    ),
    _one(
        "pending-forgotten", "what is still under way is applied again on top", f"{ACCEPT}:_rebase",
        "apply_again(tx, house, clock, state, row)", "pass", LOSSY,
    ),
    Mutant(
        "old-answers-believed", "an answer belongs to its request",
        (
            Change("shared.sync.signing:answer_is_from", "return _good(", "return True or _good("),
            Change(f"{ACCEPT}:check_answer", "if not good:", "if False:"),
        ),
        LYING,
    ),
    _one(
        "acknowledged-too-far", "acknowledged is what the centre holds", f"{STORE}:set_progress",
        "(generation, acked_seq,", "(generation, acked_seq + 1,", LOSSY,
    ),
    # --- lives and lanes ---
    Mutant(
        "restore-not-noticed", "a database put back begins a new life",
        (
            Change("sync_server.life:look", ">= reached and not _forgot(tx, Ledger(folder)):", "is not None:"),
            Change(f"{RECEIVE}:changed_since", "if newest < cursor:", "if False:"),
            Change(f"{RECEIVE}:_check_chain", "if request.first_seq > held + 1:", "if False:"),
        ),
        CENTRE_RESTORES,
    ),
    _one(
        "ledger-not-read", "who was enrolled after the backup is still known", "sync_server.life:adopt",
        "count = 0", "return 0", CENTRE_RESTORES.more("new kiosks and centre restores", new_kiosk=8.0),
    ),
    _one(
        "epoch-reused", "another history gets another epoch", f"{REJOIN}:rejoin",
        "draw_epoch(), now)", "current_epoch, now)", RESTORES,
    ),
    _one(
        "numbers-not-hashes", "histories are compared by hash", f"{REJOIN}:Told.has",
        "and hashed.startswith(self.hashes[seq - self.base])", "", RESTORES,
    ),
    _one(
        "cursors-kept", "after a rejoin every feed is read anew", f"{STORE}:relabel",
        "forget_cursors(tx)", "pass", CENTRE_RESTORES,
    ),
    Mutant(
        "hardware-not-bound", "a copied card is not its original",
        (
            Change(f"{RECEIVE}:_check_owner", "if request.hardware != enrolled.hardware:", "if False:"),
            Change(f"{OPERATIONS}:take_rejoin", "asked.hardware == device.hardware", "True"),
        ),
        CLONES,
    ),
    _one(
        "parked-counts-as-received", "what is parked is not yet received", f"{REJOIN}:_branch",
        "applied=own_hardware", "applied=False", CLONES_AND_COPIES,
    ),
    _one(
        "pruned-too-early", "a fact is dropped long after a backup holds it", f"{STORE}:prune_facts",
        "AND m.seq <= s.acked_seq AND m.seq <= s.durable_seq", "OR 1", PRUNED,
    ),
    _one(
        "own-facts-not-kept", "the centre's own facts are in the journal", "shared.sync.journal:CentreJournal.record",
        "tx.before_commit(lambda: self._write(tx, point))", "pass",
    ),
    # --- rights ---
    Mutant(
        "guard-not-asked", "an old copy does not sell again what was sold",
        (
            Change(f"{STANDING}:_judged", "if head.seq < found.seq:", "if False:"),
            Change(f"{STANDING}:_judged", "if found.seq and here not in", "if here in"),
            Change(f"{STANDING}:Standing.highest", "known.merged(self.kept.of(offer)) if self.kept", "known if True"),
        ),
        SALES_RESTORED,
    ),
    _one(
        "guard-not-written", "nothing is sold that the guard does not know", f"{STANDING}:use",
        "tx.before_commit(lambda: keep(guard, now, changed))", "pass", SALES_RESTORED,
    ),
    _one(
        "not-frozen-after-restore", "after a restore nothing is granted before all have told", f"{POOLS}:whole",
        "if pool.generation >= generation:", "if True:", SALES_CENTRE,
    ),
    _one(
        "last-report-wins", "reports merge by the maximum of each counter", "shared.allotments.rules:Counters.merged",
        "Counters(*map(max, self, other))", "other", SALES,
    ),
    Mutant(
        "guard-not-bound", "a copied guard is no right to sell",
        (
            Change(
                "shared.allotments.guard:GuardFile.read",
                "newest if (newest.hardware, newest.device) == (self.hardware, device) else Frozen.FOREIGN", "newest",
            ),
        ),
        SALES_CLONED,
    ),
    _one(
        "written-off-by-time", "a person counts what a silent device sold", "shared.allotments.operations:sign_off",
        "signed_off(share.counters, counted_sold)", "signed_off(share.counters, known)", SALES_DEAD,
    ),
    _one(
        "right-not-checked", "a point sells what it has a right to", "shared.allotments.rules:check_right",
        "if right < quantity:", "if False:", SALES,
    ),
    _one(
        "pool-not-checked", "phones sell what is in the pool", "shared.allotments.rules:check_pool",
        "if free < quantity:", "if False:", SALES_CALM,
    ),
    _one(
        "pool-not-counted", "granted and free are the total", f"{POOLS}:change",
        "held=pool.held + difference", "held=pool.held + min(difference, 0)", SALES,
    ),
    _one(
        "released-twice", "the units of an order go back once", "shared.orders.operations:release_units",
        "or sale.released_at is not None", "", SALES.more("cancelled sales", phone_cancel=20.0),
    ),
    _one(
        "phone-guard-off", "a restored centre does not sell again what it sold", f"{POOLS}:Installation.sold",
        "self._memory().get(offer, (0, 0, 0))[1]", "0", SALES_CENTRE,
    ),
    _one(
        "cash-not-refunded", "an undone sale gives its money back", "shared.orders.facts:_sale_undone",
        "state=OrderState.REFUNDED, ", "", SALES,
    ),
    # --- the shop ---
    _one(
        "double-hand-out-unseen", "a parcel handed out twice opens a case", "shared.parcels.rules:hand_out_case",
        "if parcel.state is ParcelState.COLLECTED:", "if False:", TOGETHER,
    ),
    _one(
        "level-beside-ledger", "a stock level is what its ledger adds up to", "shared.stock.store:move",
        "on_hand(tx, fact.point, sku) + change", "on_hand(tx, fact.point, sku) + abs(change)",
    ),
    _one(
        "order-not-added-up", "an order costs what its lines cost", "shared.orders.rules:total_fen",
        "return sum(", "return 1 + sum(",
    ),
)  # fmt: skip

BY_NAME: Mapping[str, Mutant] = {mutant.name: mutant for mutant in MUTANTS}
