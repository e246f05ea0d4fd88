"""What servers want to be told again (RFC 6265): some gateways ask for it after a redirect."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from http.cookiejar import CookieJar

    from urllib3 import BaseHTTPResponse


class Cookies:
    """The cookies of one run, for all threads."""

    def __init__(self) -> None:
        self._jar: CookieJar | None = None

    def header(self, url: str) -> dict[str, str]:
        """The header of a question; none as long as no server has set a cookie."""
        if self._jar is None:
            return {}
        from urllib.request import Request

        asked = Request(url)
        self._jar.add_cookie_header(asked)
        said = asked.get_header("Cookie")
        return {"Cookie": said} if said else {}

    def keep(self, url: str, response: BaseHTTPResponse) -> None:
        """Remember what an answer sets."""
        if "set-cookie" not in response.headers:
            return
        from http.cookiejar import CookieJar
        from urllib.request import Request

        self._jar = self._jar if self._jar is not None else CookieJar()
        answer: Any = SimpleNamespace(info=lambda: response.headers)
        self._jar.extract_cookies(answer, Request(url))
