"""Figures say what they are to say, and nothing is cut off."""

import io

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from inklab.data import Dataset
from inklab.evaluation import EnsembleErrors, Mistake, Report, evaluate
from inklab.report.figures import (
    Curve,
    draw_confusion,
    draw_curves,
    draw_image,
    draw_mistakes,
    draw_tiles,
    draw_votes,
    draw_weight_images,
)


def report(answers: list[int], labels: list[int]) -> Report:
    return evaluate(np.eye(10, dtype=np.float32)[answers] * 5, np.array(labels))


ONE = Curve("training batch", [0], [2.3], [0.1])
SOME = Curve("valid split", [0, 100, 200], [2.3, 0.3, 0.1], [0.1, 0.92, 0.97])
MISTAKE = Mistake(index=3, label=0, answer=6, probability=0.987)
SIZES = [
    EnsembleErrors(members=1, subsets=3, mean_error=0.004, deviation=0.001),
    EnsembleErrors(members=2, subsets=3, mean_error=0.0025, deviation=0.003),
    EnsembleErrors(members=3, subsets=1, mean_error=0.002, deviation=0.0),
]
NO_ERRORS = [EnsembleErrors(members=1, subsets=1, mean_error=0.0, deviation=0.0)]


def figures(mnist: Dataset) -> dict[str, Figure]:
    random = np.random.default_rng(0)
    return {
        "image": draw_image(mnist.test.images[1], title="Test digit 1, a 2"),
        "tiles": draw_tiles(random.normal(size=(32, 5, 5)), columns=8, title="32 filters", note="5 x 5"),
        "weights": draw_weight_images(random.normal(size=(10, 28, 28)), title="Weights"),
        "no weights": draw_weight_images(np.zeros((10, 28, 28)), title="Weights"),
        "curves": draw_curves(SOME, SOME, title="Learning"),
        "one report": draw_curves(ONE, ONE, title="Learning"),
        "confusion": draw_confusion(report([1, 1, 7], [1, 7, 7]), title="One error"),
        "perfect": draw_confusion(report([1, 7], [1, 7]), title="No errors"),
        "mistakes": draw_mistakes([MISTAKE] * 5, mnist.test, title="Five"),
        "one mistake": draw_mistakes([MISTAKE], mnist.test, title="One"),
        "votes": draw_votes(SIZES, title="Three columns"),
        "one vote": draw_votes(NO_ERRORS, title="One column that never errs"),
    }


def test_every_figure_draws_and_keeps_its_text_inside(mnist: Dataset) -> None:
    for name, figure in figures(mnist).items():
        file = io.BytesIO()
        figure.savefig(file, format="png")
        assert file.getvalue().startswith(b"\x89PNG\r\n"), name
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
        drawn = figure.get_tightbbox(canvas.get_renderer())
        width, height = figure.get_size_inches()
        assert drawn.x0 >= -0.01, name
        assert drawn.y0 >= -0.01, name
        assert drawn.x1 <= width + 0.01, name
        assert drawn.y1 <= height + 0.01, name


def test_weights_diverge_from_zero() -> None:
    weights = np.zeros((10, 28, 28))
    weights[4, 0, 0] = -3.0
    (image,) = draw_weight_images(weights, title="Weights").axes[4].images
    assert image.get_clim() == (-3.0, 3.0)


def test_the_confusion_matrix_is_label_by_answer() -> None:
    (axes,) = draw_confusion(report([1, 1, 1, 7], [1, 7, 7, 7]), title="Two errors").axes
    written = {text.get_position(): text.get_text() for text in axes.texts}
    assert written == {(1, 1): "1", (1, 7): "2", (7, 7): "1"}  # x is the answer, y the label


def test_a_mistake_is_told_whole(mnist: Dataset) -> None:
    figure = draw_mistakes([MISTAKE], mnist.test, title="One")
    assert figure.axes[0].get_title() == "is 0, read as 6\n98.7% sure, no. 3"
    np.testing.assert_array_equal(figure.axes[0].images[0].get_array(), mnist.test.images[3])


def test_votes_are_drawn_in_percent_within_their_deviation() -> None:
    (axes,) = draw_votes(SIZES, title="Three columns").axes
    (line,) = axes.lines
    np.testing.assert_allclose(np.asarray(line.get_xydata(), float), [(1, 0.4), (2, 0.25), (3, 0.2)])
    (band,) = axes.collections
    corners = {tuple(corner) for corner in np.asarray(band.get_paths()[0].vertices, float).round(9).tolist()}
    assert corners == {(1, 0.3), (1, 0.5), (2, 0), (2, 0.55), (3, 0.2)}  # 0.25 - 0.3 is cut at 0
    assert axes.get_ylim()[0] == 0


def test_columns_are_counted_in_whole_numbers() -> None:
    for sizes in (SIZES, SIZES[:1], SIZES[1:2]):
        (axes,) = draw_votes(sizes, title="Some columns").axes
        low, high = axes.get_xlim()
        ticks = [tick for tick in axes.get_xticks() if low <= tick <= high]
        assert ticks == [one.members for one in sizes]


@pytest.mark.parametrize("columns", [6, 8])
def test_tiles_are_drawn_as_wide_as_asked(columns: int) -> None:
    figure = draw_tiles(
        np.random.default_rng(0).normal(size=(64, 4, 4)), columns=columns, title="t", note="n"
    )
    drawn = figure.axes[0].images[0].get_array()
    assert drawn is not None
    assert drawn.shape[1] == columns * 5 - 1
