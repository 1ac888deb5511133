"""Goods on sale at the counters and by phone at the same time, from the same units; one of them is scarce."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

from deploy.demo.goods import Good
from deploy.demo.seed import ACTOR, REGION
from shared.allotments.operations import set_offer
from shared.allotments.rules import Offer
from shared.kernel.clock import utc_text
from sync_server.config import read_config
from sync_server.host import open_centre
from sync_server.shop.channels import add_channel

ON_SALE = {
    "zhangqiu-spring-onion": 120,
    "baby-cabbage": 120,
    "carrot": 120,
    "beiyuan-lotus-root": 80,
    "cherry-tomato": 120,
    "feicheng-peach": 24,
    "blueberry": 60,
    "eggs-30": 100,
    "corn-oil": 40,
    "dezhou-chicken": 48,
    "facial-tissue": 80,
    "batteries": 40,
}
"""Units of each good, by the name of its picture."""
SCARCE = "feicheng-peach"
CHANNEL = "邻取小程序"


def offer_of(slug: str) -> str:
    """The id of the offer of a good."""
    return f"DEMO.{list(ON_SALE).index(slug) + 1}"


def open_offers(goods: Sequence[Good], environ: Mapping[str, str]) -> str:
    """Put the goods on sale at the centre that ``environ`` describes; the key of a channel that sells them by phone."""
    centre = open_centre(read_config(environ))
    opened = utc_text(centre.clock.now() - timedelta(minutes=1))
    known = {good.slug: good for good in goods}
    for slug, total in ON_SALE.items():
        good = known[slug]
        offer = Offer(offer_of(slug), good.sku, good.price_fen, total, opened)
        with centre.journal.writing(REGION) as tx:
            set_offer(centre.journal, tx, REGION, offer, ACTOR)
    _, key = add_channel(centre.db, centre.clock, CHANNEL, ACTOR)
    centre.db.close()
    return key
