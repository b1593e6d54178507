"""The recipes, and the layers of their networks."""

from fastapi import APIRouter

from inklab.web.services.recipe_settings import (
    NetworkRequest,
    NetworkSummary,
    RecipeSummary,
    network_summary,
    recipe_summaries,
    recipe_with_options,
)


def router() -> APIRouter:
    """Return the routes for recipes."""
    routes = APIRouter(prefix="/recipes", tags=["recipes"])

    @routes.get("", summary="List the recipes and the settings that can be changed")
    def recipes() -> list[RecipeSummary]:
        return recipe_summaries()

    @routes.post("/layers", summary="List the layers of a recipe's network")
    def layers(request: NetworkRequest) -> NetworkSummary:
        return network_summary(recipe_with_options(request))

    return routes
