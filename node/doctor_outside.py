"""The doctor's look from outside: does the node's own address lead somewhere, and how long is its certificate good?

One connection, `TIMEOUT_S` at most; nothing is sent over it. A node without an address, or with one of a trial
(http://), has nothing to examine. Comes from: `node.doctor`.
"""

from __future__ import annotations

import socket
import ssl
from urllib.parse import urlsplit

from requests.utils import DEFAULT_CA_BUNDLE_PATH

from node.doctor_inside import ATTENTION, BROKEN, DAY_S, FINE, Finding

TIMEOUT_S = 8
SOON_S = 14 * DAY_S
"""Before the end of a certificate: when a person should look, seconds. Those who renew by themselves do it earlier."""

CHECK = "tls"


def certificate(url: str, now: int, trusted: str = DEFAULT_CA_BUNDLE_PATH) -> list[Finding]:
    """The finding about the certificate at an https address. `trusted`: file of the authorities that are believed."""
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port or 443
    if parts.scheme != "https" or not host:
        return []
    context = ssl.create_default_context(cafile=trusted)
    try:
        with (
            socket.create_connection((host, port), TIMEOUT_S) as plain,
            context.wrap_socket(plain, server_hostname=host) as wire,
        ):
            shown = wire.getpeercert() or {}
    except ssl.SSLCertVerificationError as error:
        said = f"the certificate at {host} is refused: {error.verify_message}"
        return [Finding(CHECK, BROKEN, said, "renew it: Caddy does so by itself; `certbot renew` for nginx")]
    except (OSError, UnicodeError) as error:
        said = f"nothing answers at {host} port {port} ({getattr(error, 'strerror', None) or type(error).__name__})"
        remedy = "see that the proxy runs and the name leads here; `wasl node move --help` if the address changed"
        return [Finding(CHECK, ATTENTION, said, remedy)]
    left = int(ssl.cert_time_to_seconds(str(shown["notAfter"]))) - now
    said = f"the certificate at {host} is good for {max(0, left) // DAY_S} more days"
    if left < SOON_S:
        return [Finding(CHECK, ATTENTION, said, "see why it is not renewed: `journalctl -u caddy`, or `certbot renew`")]
    return [Finding(CHECK, FINE, said)]
