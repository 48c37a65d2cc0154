"""A server that stands for somebody else's HTTP API."""

from __future__ import annotations

from typing import Any

from hitchserve.services.recipe import RecipeService


class HttpMockService(RecipeService):
    """Answers HTTP requests by the rules in a file and prints each as a line of JSON."""

    def __init__(self, rules: str = "", port: int = 10080, **kwargs: Any) -> None:
        super().__init__("http_mock", {"port": port, "rules": rules}, **kwargs)
        self.port = port

    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"
