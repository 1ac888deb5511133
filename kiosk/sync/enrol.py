"""Make this machine a device of a point: show the claim code, hand over our public key, keep what comes back."""

from urllib.parse import urlsplit

from kiosk import store
from kiosk.carry import store as carry
from kiosk.host import Kiosk
from kiosk.sync.rules import ADVICE, Trouble
from kiosk.sync.transport import (
    CONNECT_SECONDS,
    READ_SECONDS,
    ExchangeFailed,
    new_nonce,
    new_session,
    read_within,
)
from shared.kernel.clock import utc_text
from shared.kernel.errors import N_, BadInput, Refused
from shared.kernel.limits import ENROL_BYTES, SYNC_DEADLINE_SECONDS
from shared.sync import signing
from shared.sync import store as sync_store
from shared.sync.wire import PROTOCOL, EnrolAnswer, EnrolRequest, Problem, pack, unpack

PLACE = "POST /v1/enrol"
LOOPBACK = ("127.0.0.1", "localhost", "::1")


def enrol(kiosk: Kiosk, server: str, code: str) -> EnrolAnswer:
    """Enrol with a claim code from the console. Raises ``Refused`` with the centre's own words when it says no."""
    import requests
    import urllib3.exceptions

    may_enrol(kiosk)
    server = server.strip().rstrip("/")
    if not server.startswith(("http://", "https://")):
        raise Refused("SERVER_ADDRESS", N_("中心地址不对。"), N_("地址以 https:// 开头，请向运营确认。"))
    # the answer carries the key that checks this point's passes: never in clear over a network
    if server.startswith("http://") and urlsplit(server).hostname not in LOOPBACK:
        raise Refused("SERVER_PLAIN", N_("中心地址没有加密。"), N_("地址要以 https:// 开头，请向运营确认。"))
    nonce = new_nonce()
    key = kiosk.next_device_key() if kiosk.state() else kiosk.device_key
    public = signing.public_bytes(key)
    asked = pack(
        EnrolRequest(
            protocol=PROTOCOL, nonce=nonce, code="".join(code.split()), public_key=public, hardware=kiosk.hardware
        )
    )
    body = signing.signed_request(key, "", PLACE, nonce, asked)
    try:
        with new_session(kiosk.config.certificates) as session, session.within(SYNC_DEADLINE_SECONDS), session.post(
            f"{server}/v1/enrol", data=body, timeout=(CONNECT_SECONDS, READ_SECONDS),
            stream=True, allow_redirects=False,
        ) as response:  # fmt: skip
            content = b"".join(read_within(response, kiosk.clock, SYNC_DEADLINE_SECONDS, ENROL_BYTES))
    except requests.exceptions.SSLError as error:
        raise Refused("SERVER_CERTIFICATE", *ADVICE[Trouble.CERTIFICATE]) from error
    except (requests.exceptions.RequestException, urllib3.exceptions.HTTPError, OSError) as error:
        raise Refused(
            "SERVER_ABSENT", N_("连不上中心 %(server)s。"), N_("请检查网络和地址，然后再试。"), server=server
        ) from error
    except ExchangeFailed as error:
        raise _foreign(server) from error
    # nobody is known yet: what is said is read first, then whether it was signed with the key it names
    message = content[signing.SIGNATURE_BYTES :]
    try:
        if response.status_code != 200:
            problem = unpack(message, Problem)
            raise Refused(problem.code, problem.message, problem.next_step)
        answer = unpack(message, EnrolAnswer)
    except BadInput as error:
        raise _foreign(server) from error
    if answer.nonce != nonce or signing.message_of_answer(answer.server_key, PLACE, nonce, content) is None:
        raise _foreign(server)
    _keep(kiosk, server, public, answer)
    kiosk.take_enrolled_key()
    return answer


def may_enrol(kiosk: Kiosk) -> None:
    """Raise ``Refused`` ALREADY_ENROLLED unless this is a new machine, or a card from another whose facts are safe."""
    state = kiosk.state()
    if state is None or (state.trouble == Trouble.CLONE and sync_store.outbox(kiosk.db)[0] == 0):
        return
    raise Refused("ALREADY_ENROLLED", N_("本机已经登记过。"), N_("要换自提点，请先清空数据目录。"))


def _foreign(server: str) -> Refused:
    return Refused("SERVER_FOREIGN", N_("%(server)s 不是邻取的中心。"), N_("请向运营确认地址。"), server=server)


def _keep(kiosk: Kiosk, server: str, public: bytes, answer: EnrolAnswer) -> None:
    with kiosk.db.writing() as tx:
        if sync_store.sync_state(tx) is not None:
            if sync_store.outbox(tx)[0]:
                # somebody has worked here while the answer was on its way; the same code enrols again
                raise Refused(
                    "OUTBOX_MOVED", N_("登记期间又有新的记录。"), N_("请等记录送出后，用同一个登记码再登记一次。")
                )
            # a card from another machine: its facts are at the centre, its rows come anew
            sync_store.forget_identity(tx)
            store.forget_enrolment(tx)
            for table in kiosk.house.tables.values():
                tx.execute(table.delete_all)
        sync_store.enrol_state(
            tx,
            device=answer.device,
            hardware=kiosk.hardware,
            epoch=answer.epoch,
            point=answer.point,
            region=answer.region,
            generation=answer.generation,
        )
        if answer.seal_key:
            carry.set_centre_key(tx, answer.seal_key)
        store.set_enrolment(
            tx,
            store.Enrolment(
                server,
                answer.server_key,
                public,
                answer.point_number,
                answer.point_key,
                utc_text(kiosk.clock.now()),
            ),
        )
