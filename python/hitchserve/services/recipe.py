"""Services that hitch ships as recipes."""

from __future__ import annotations

from typing import Any, Dict, Mapping, Optional

from hitchserve.service import Service, literal


class RecipeService(Service):
    """Any recipe: RecipeService("memcached", {"port": 11311}). docs/recipes.md lists them.

    What Service takes beside that is laid over what the recipe says.
    """

    def __init__(self, recipe: str, parameters: Optional[Mapping[str, Any]] = None,
                 **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.recipe = recipe
        self.parameters: Dict[str, Any] = dict(parameters or {})
        self.stops_as_recipe_says = "stop_signal" not in kwargs

    def describe(self) -> Dict[str, Any]:
        spec = super().describe()
        if self.stops_as_recipe_says and type(self).stop_signal is Service.stop_signal:
            del spec["stop_signal"]
        spec["recipe"] = self.recipe
        spec["with"] = {key: literal(value) for key, value in self.parameters.items()}
        return spec
