"""Figures: what they show, and that no text is cut off."""

import io

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from inklab.data import Dataset
from inklab.evaluation import EnsembleErrors, Mistake, Report, evaluate
from inklab.explain.filters import FilterChange
from inklab.palette import LIGHT
from inklab.report.figures import (
    draw_confusion,
    draw_curves,
    draw_ensemble_errors,
    draw_filters,
    draw_image,
    draw_maps,
    draw_mistakes,
    draw_weight_images,
)
from inklab.training import Progress


def report(predicted: list[int], labels: list[int]) -> Report:
    return evaluate(np.eye(10, dtype=np.float32)[predicted] * 5, np.array(labels))


def progress(step: int, *values: float) -> Progress:
    names = ("loss", "accuracy", "valid_loss", "valid_accuracy")
    return Progress(step=step, epoch=0, elapsed_s=0, images_per_s=0, **dict(zip(names, values, strict=False)))


ONE_POINT = [progress(0, 2.3, 0.1)]
CURVE = [progress(0, 2.3, 0.1, 2.3, 0.1), progress(100, 0.3, 0.92), progress(200, 0.1, 0.97, 0.1, 0.96)]
MISTAKE = Mistake(index=3, label=0, predicted=6, confidence=0.987)
SIZES = [
    EnsembleErrors(members=1, subsets=3, mean_error=0.004, deviation=0.001),
    EnsembleErrors(members=2, subsets=3, mean_error=0.0025, deviation=0.003),
    EnsembleErrors(members=3, subsets=1, mean_error=0.002, deviation=0.0),
]
NO_ERRORS = [EnsembleErrors(members=1, subsets=1, mean_error=0.0, deviation=0.0)]
START = np.random.default_rng(1).normal(0, 0.1, (32, 5, 5)).astype(np.float32)
ZERO = np.zeros((1, 5, 5), np.float32)
CHANGE = FilterChange(START, START + (0.004 * np.sign(START[::-1])).astype(np.float32))


def figures(mnist: Dataset) -> dict[str, Figure]:
    random = np.random.default_rng(0)
    return {
        "image": draw_image(mnist.test.images[1], title="Test image 1, a 2"),
        "maps": draw_maps(random.normal(size=(32, 5, 5)), columns=8, title="32 maps", note="5 x 5"),
        "filters": draw_filters(CHANGE, title="32 filters"),
        "one filter without contrast": draw_filters(FilterChange(ZERO, ZERO), title="1 filter"),
        "weights": draw_weight_images(random.normal(size=(10, 28, 28)), title="Weights"),
        "no weights": draw_weight_images(np.zeros((10, 28, 28)), title="Weights"),
        "curves": draw_curves(CURVE, title="Learning"),
        "one report": draw_curves(ONE_POINT, title="Learning"),
        "confusion": draw_confusion(report([1, 1, 7], [1, 7, 7]), title="One error"),
        "perfect": draw_confusion(report([1, 7], [1, 7]), title="No errors"),
        "mistakes": draw_mistakes([MISTAKE] * 5, mnist.test, title="Five"),
        "one mistake": draw_mistakes([MISTAKE], mnist.test, title="One"),
        "ensemble": draw_ensemble_errors(SIZES, title="Three members"),
        "one member": draw_ensemble_errors(NO_ERRORS, title="One member without errors"),
    }


def test_every_figure_keeps_its_text_inside(mnist: Dataset) -> None:
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


def test_weight_images_have_a_color_scale_around_zero() -> None:
    weights = np.zeros((10, 28, 28))
    weights[4, 0, 0] = -3.0
    (image,) = draw_weight_images(weights, title="Weights").axes[4].images
    assert image.get_clim() == (-3.0, 3.0)


def test_the_confusion_matrix_is_label_by_prediction() -> None:
    (axes,) = draw_confusion(report([1, 1, 1, 7], [1, 7, 7, 7]), title="Two errors").axes
    written = {text.get_position(): text.get_text() for text in axes.texts}
    assert written == {(1, 1): "1", (1, 7): "2", (7, 7): "1"}  # x is the prediction, y the label


def test_a_mistake_has_label_prediction_confidence_and_index(mnist: Dataset) -> None:
    figure = draw_mistakes([MISTAKE], mnist.test, title="One")
    assert figure.axes[0].get_title() == "0 read as 6\n98.70%, image 3"
    np.testing.assert_array_equal(figure.axes[0].images[0].get_array(), mnist.test.images[3])


def test_ensemble_errors_are_percent_with_their_deviation() -> None:
    (axes,) = draw_ensemble_errors(SIZES, title="Three members").axes
    (line,) = axes.lines
    np.testing.assert_allclose(np.asarray(line.get_xydata(), float), [(1, 0.4), (2, 0.25), (3, 0.2)])
    (band,) = axes.collections
    corners = {tuple(corner) for corner in np.asarray(band.get_paths()[0].vertices, float).round(9).tolist()}
    assert corners == {(1, 0.3), (1, 0.5), (2, 0), (2, 0.55), (3, 0.2)}  # 0.25 - 0.3 is cut at 0
    assert axes.get_ylim()[0] == 0


def test_ensemble_members_are_counted_in_integers() -> None:
    for sizes in (SIZES, SIZES[:1], SIZES[1:2]):
        (axes,) = draw_ensemble_errors(sizes, title="Members").axes
        low, high = axes.get_xlim()
        ticks = [tick for tick in axes.get_xticks() if low <= tick <= high]
        assert ticks == [size.members for size in sizes]


@pytest.mark.parametrize("columns", [6, 8])
def test_maps_are_drawn_in_columns(columns: int) -> None:
    figure = draw_maps(np.random.default_rng(0).normal(size=(64, 4, 4)), columns=columns, title="t", note="n")
    drawn = figure.axes[0].images[0].get_array()
    assert drawn is not None
    assert drawn.shape[1] == columns * 5 - 1


def test_maps_have_color_scales_of_their_own_around_zero() -> None:
    maps = np.array([[[0.0, 2.0]], [[-8.0, 4.0]], [[0.0, 0.0]]])
    (image,) = draw_maps(maps, columns=3, title="t", note="n").axes[0].images
    drawn: np.ndarray = np.ma.filled(np.ma.asarray(image.get_array()), np.nan)
    np.testing.assert_array_equal(drawn, [[0, 1, np.nan, -1, 0.5, np.nan, 0, 0]])
    assert image.get_clim() == (-1, 1)


def test_filters_show_start_end_and_amplified_change_on_one_scale() -> None:
    start, end, change, _ = draw_filters(CHANGE, title="32 filters").axes
    titles = [axes.get_title() for axes in (start, end, change)]
    assert titles == ["random start", "after training", "change x 20"]  # 0.1 / 0.004 is 25
    limit = np.quantile(np.abs([CHANGE.start, CHANGE.end]), 0.99)
    assert {axes.images[0].get_clim() for axes in (start, end, change)} == {(-limit, limit)}
    drawn: np.ndarray = np.ma.filled(np.ma.asarray(change.images[0].get_array()), np.nan)[:5, :5]
    np.testing.assert_allclose(drawn, 20 * CHANGE.change[0], rtol=1e-6)


def test_training_and_validation_have_the_colors_of_the_palette() -> None:
    for axes in draw_curves(CURVE, title="Learning").axes:
        training, validation = axes.lines
        assert (training.get_color(), validation.get_color()) == (LIGHT["training"], LIGHT["validation"])
        assert list(np.asarray(training.get_xdata())) == [0, 100, 200]
        assert list(np.asarray(validation.get_xdata())) == [0, 200]
