"""A small OpenID Connect provider on this machine, for tests: real HTTP, real RS256 signatures, keys made here.

It checks what a provider checks (client, secret, redirect address, PKCE, codes that work once) and lets a test say
who sits at its sign-in page and what is wrong with its tokens.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
from cryptography.hazmat.primitives.asymmetric import rsa

CLIENT_ID, CLIENT_SECRET = "cityloom", "a secret of the tests"
_FORM = "application/x-www-form-urlencoded"


@dataclass
class IdentityProvider:
    """The provider and what a test says of it: `claims` of who signs in, `in_userinfo` said there only.

    `spoil` replaces claims of id tokens (None drops one). `foreign_key` signs with a key that nobody published.
    `denies` answers as when a person declines; `is_down` answers 503 to everything.
    """

    claims: dict[str, Any] = field(default_factory=dict)
    in_userinfo: dict[str, Any] = field(default_factory=dict)
    spoil: dict[str, Any] = field(default_factory=dict)
    foreign_key: bool = False
    unsigned: bool = False
    denies: bool = False
    is_down: bool = False
    offers_logout: bool = True
    asked: list[dict[str, str]] = field(default_factory=list)  # what came to the authorization endpoint
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    issuer: str = ""

    def __post_init__(self) -> None:
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.other_key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), _handler_of(self))
        self.issuer = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def discovery(self) -> dict[str, Any]:
        ends = {"end_session_endpoint": f"{self.issuer}/logout"} if self.offers_logout else {}
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "userinfo_endpoint": f"{self.issuer}/userinfo",
            "jwks_uri": f"{self.issuer}/jwks",
            "token_endpoint_auth_methods_supported": ["client_secret_basic"],
            **ends,
        }

    def jwks(self) -> dict[str, Any]:
        public = json.loads(jwt.algorithms.RSAAlgorithm.to_jwk(self.key.public_key()))
        return {"keys": [{**public, "kid": "one", "use": "sig", "alg": "RS256"}]}

    def authorize(self, query: dict[str, str]) -> str:
        """Where the browser is sent back to."""
        self.asked.append(query)
        assert query["client_id"] == CLIENT_ID
        assert query["response_type"] == "code"
        back = {"state": query["state"]}
        if self.denies:
            return f"{query['redirect_uri']}?{urlencode({**back, 'error': 'access_denied'})}"
        code = secrets.token_urlsafe(16)
        self.codes[code] = query
        return f"{query['redirect_uri']}?{urlencode({**back, 'code': code, 'iss': self.issuer})}"

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, dict[str, Any]]:
        """The answer to a code: tokens, or why not."""
        known = base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        asked = self.codes.pop(form.get("code", ""), None)
        verifier = form.get("code_verifier", "").encode()
        challenge = base64.urlsafe_b64encode(hashlib.sha256(verifier).digest()).rstrip(b"=").decode()
        if authorization != f"Basic {known}":
            return 401, {"error": "invalid_client"}
        if asked is None or asked["redirect_uri"] != form.get("redirect_uri") or asked["code_challenge"] != challenge:
            return 400, {"error": "invalid_grant"}
        return 200, {"access_token": "access", "token_type": "Bearer", "id_token": self._id_token(asked["nonce"])}

    def _id_token(self, nonce: str) -> str:
        now = int(time.time())
        said = {
            "iss": self.issuer, "aud": CLIENT_ID, "iat": now, "exp": now + 300, "nonce": nonce, **self.claims,
            **self.spoil,
        }  # fmt: skip
        said = {name: value for name, value in said.items() if value is not None}
        if self.unsigned:
            return jwt.encode(said, None, algorithm="none", headers={"kid": "one"})
        key = self.other_key if self.foreign_key else self.key
        return jwt.encode(said, key, algorithm="RS256", headers={"kid": "one"})


def _handler_of(provider: IdentityProvider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def log_message(self, *_: object) -> None:
            """Says nothing."""

        def do_GET(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[0] for name, values in parse_qs(parts.query).items()}
            if provider.is_down:
                self._answer(503, {})
            elif parts.path == "/.well-known/openid-configuration":
                self._answer(200, provider.discovery())
            elif parts.path == "/jwks":
                self._answer(200, provider.jwks())
            elif parts.path == "/userinfo":
                self._answer(200, {"sub": provider.claims.get("sub"), **provider.in_userinfo})
            elif parts.path == "/authorize":
                self._redirect(provider.authorize(query))
            elif parts.path == "/logout":
                self._redirect(query["post_logout_redirect_uri"])
            else:
                self._answer(404, {})

        def do_POST(self) -> None:
            assert self.headers["Content-Type"].startswith(_FORM)
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            self._answer(*provider.token(form, self.headers.get("Authorization", "")))

        def _answer(self, status: int, body: dict[str, Any]) -> None:
            data = json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def _redirect(self, where: str) -> None:
            self.send_response(302)
            self.send_header("Location", where)
            self.send_header("Content-Length", "0")
            self.end_headers()

    return Handler
