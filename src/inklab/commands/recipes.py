"""`inklab recipes`."""

from inklab.commands.options import Json


def recipes(json: Json = False) -> None:
    """List every recipe and what it reaches.

    With the size of its network, what training costs, and the test error published and reproduced.
    """
    from inklab.models import build_network, parameter_count
    from inklab.terminal import say, say_json
    from inklab.training import RECIPES, read_results

    results = read_results()
    rows = [
        {
            **recipe.to_dict(),
            "parameters": max(1, len(recipe.columns))
            * parameter_count(build_network(recipe.network, recipe.network_options, seed=0)),
            **results[name].to_dict(),
        }
        for name, recipe in RECIPES.items()
    ]
    if json:
        say_json(rows)
        return
    say(f"{'recipe':<17}{'parameters':>11}{'steps':>8}{'training':>11}   {'published':<12}reproduced on test")
    for row in rows:
        result = results[row["name"]]
        published = "-" if result.published_error is None else f"{result.published_error:.2%}"
        cost = f"{result.elapsed_s:,.0f} s" if result.elapsed_s >= 1 else f"{result.elapsed_s:.1f} s"
        say(
            f"{row['name']:<17}{row['parameters']:>11,}{row['steps']:>8,}{cost:>11}   {published:<12}"
            f"{result.mean_error:.2%} +- {result.deviation:.2%}, {len(result.seeds)} seeds"
        )
    say("\nErrors are of the 10,000 test images. Training was timed on:")
    for name in RECIPES:
        say(f"  {name:<17}{results[name].machine}")
