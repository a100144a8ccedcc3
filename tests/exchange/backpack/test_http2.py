"""Over TLS the reads share one HTTP/2 connection while orders keep HTTP/1.1 connections of their own."""

from __future__ import annotations

import asyncio
import datetime as dt
import ipaddress
import json
import ssl
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

import h2.config
import h2.connection
import h2.events
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bot.domain.orders.order import OrderRequest
from bot.domain.values import OrderType, Side
from bot.exchange.backpack import BackpackClient
from tests.exchange.backpack.support import BROKER, EAGER, ORDER, SeedSigner


@dataclass
class TlsExchange:
    """Speaks whichever of the two protocols the client agreed on; keeps (protocol, connection, path)."""

    url: str = ""
    seen: list[tuple[str, int, str]] = field(default_factory=list)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tls: ssl.SSLObject = writer.get_extra_info("ssl_object")
        try:
            if tls.selected_alpn_protocol() == "h2":
                await self._two(reader, writer)
            else:
                await self._one(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    def _answer(self, protocol: str, writer: asyncio.StreamWriter, path: str) -> bytes:
        self.seen.append((protocol, writer.get_extra_info("peername")[1], path))
        return json.dumps(ORDER if path == "/api/v1/order" else []).encode()

    async def _one(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            length = int(head.split("content-length: ")[1].split("\r\n")[0])
            await reader.readexactly(length)
            body = self._answer("HTTP/1.1", writer, head.split(" ")[1])
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(body), body))

    async def _two(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = h2.connection.H2Connection(h2.config.H2Configuration(client_side=False))
        connection.initiate_connection()
        writer.write(connection.data_to_send())
        while data := await reader.read(65_536):
            for event in connection.receive_data(data):
                if isinstance(event, h2.events.RequestReceived):
                    path = dict(event.headers)[b":path"].decode()
                    connection.send_headers(event.stream_id, [(":status", "200")])
                    connection.send_data(
                        event.stream_id, self._answer("HTTP/2", writer, path), end_stream=True
                    )
            writer.write(connection.data_to_send())


def certificate(folder: Path) -> Path:
    """A throw-away certificate for 127.0.0.1, key and all in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "loopback")])
    now = dt.datetime.now(dt.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False
        )
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "loopback.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


@pytest.fixture
async def tls_exchange(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[TlsExchange]:
    path = certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(path)
    context.set_alpn_protocols(["h2", "http/1.1"])
    exchange = TlsExchange()
    server = await asyncio.start_server(exchange.serve, "127.0.0.1", 0, ssl=context)
    exchange.url = f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    yield exchange
    server.close()


async def test_reads_share_one_connection_and_orders_do_not_queue_behind_them(
    tls_exchange: TlsExchange, signer: SeedSigner
) -> None:
    async with BackpackClient(tls_exchange.url, BROKER, retry=EAGER) as client:
        await client.mark_prices()
        account = client.account(signer)
        order = OrderRequest("SOL_USDC_PERP", Side.BUY, OrderType.MARKET, quantity=Decimal(1), client_id=77)
        prepared = account.prepare_order(order, timestamp_ms=client.now_ms(), window_ms=5_000)
        _, _, report = await asyncio.gather(client.tickers(), account.open_orders(), account.send(prepared))
    assert report.exchange_id == ORDER["id"]
    reads = {(protocol, port) for protocol, port, path in tls_exchange.seen if path != "/api/v1/order"}
    orders = {(protocol, port) for protocol, port, path in tls_exchange.seen if path == "/api/v1/order"}
    assert len(reads) == len(orders) == 1
    assert {protocol for protocol, _ in reads} == {"HTTP/2"}
    assert {protocol for protocol, _ in orders} == {"HTTP/1.1"}
