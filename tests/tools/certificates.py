# SPDX-License-Identifier: BSD-3-Clause
"""TLS contexts for 127.0.0.1. The certificate beside this file is its own authority, till 2120."""

from __future__ import annotations

import ssl
from pathlib import Path

import attrs

PEM = Path(__file__).with_name("localhost.pem")


@attrs.frozen
class Certificates:
    """A server's and a client's view of one private certificate authority."""

    server: ssl.SSLContext
    client: ssl.SSLContext


def certificates() -> Certificates:
    """Give contexts with which 127.0.0.1 can be served and is trusted."""
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(PEM)
    return Certificates(server, ssl.create_default_context(cafile=PEM))
