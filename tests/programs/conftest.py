# SPDX-License-Identifier: BSD-3-Clause
"""What several of the program tests share: certificates of a private authority, payloads."""

from __future__ import annotations

import ssl

import attrs
import pytest
import trustme


@attrs.frozen
class Certificates:
    """A server's and a client's view of one private certificate authority."""

    server: ssl.SSLContext
    client: ssl.SSLContext


@pytest.fixture(scope="session")
def certificates() -> Certificates:
    """Give contexts with which 127.0.0.1 can be served and is trusted."""
    authority = trustme.CA()
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1", "localhost").configure_cert(server)
    client = ssl.create_default_context()
    authority.configure_trust(client)
    return Certificates(server, client)
