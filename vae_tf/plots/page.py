"""Pages laid out in pixels, and the look that all pictures share (draw)."""

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from vae_tf.process.texts.escaping import without_mathtext

DPI = 100
MARGIN = 18  # pixels around a page
TITLE = "title"  # group id of the texts that a plain figure leaves out

INK, FAINT, RULE = "#1f2328", "#686f78", "#d5d9de"
# Distinct with any color vision (Okabe & Ito 2008).
BLUE, ORANGE, SKY = "#0072b2", "#d55e00", "#56b4e9"
# Ten classes (Tol 2021, "muted", and grey). Some colors are similar: write names beside points.
CLASSES = (
    "#332288", "#88ccee", "#44aa99", "#117733", "#999933",
    "#ddcc77", "#cc6677", "#882255", "#aa4499", "#8a8f96",
)  # fmt: skip


def points(pixels: float) -> float:
    """Converts a font size from pixels to points."""
    return pixels * 72 / DPI


def text_width(text: str, size: float) -> float:
    """Estimates the width of a line of text in pixels. Most estimates are too large."""
    return 0.6 * size * len(text)


class Page:
    """A figure whose parts are placed in pixels from the top left.

    Images are placed on whole pixels. They are not resampled, so they are not blurred.

    Args:
        width: Width of the content in pixels, without margins. Long titles make the page wider.
        height: Height of the content below the titles, in pixels.
        title: Title of the page.
        notes: Lines below the title.

    Attributes:
        figure: The Matplotlib figure.
        top: Distance from the top of the page to the content, in pixels.
        width: Width of the page in pixels.
        height: Height of the page in pixels.
    """

    def __init__(self, width: float, height: float, title: str, notes: tuple[str, ...] = ()):
        needed = [text_width(title, 21), *(text_width(note, 13) for note in notes)]
        self.width = int(max(width, *needed)) + 2 * MARGIN
        self.top = MARGIN + 40 + 18 * len(notes)
        self.height = int(self.top + height + MARGIN)
        self.figure = Figure((self.width / DPI, self.height / DPI), dpi=DPI, facecolor="white")
        self.text(MARGIN, MARGIN - 2, title, size=20, weight="bold", gid=TITLE)
        for index, note in enumerate(notes):
            self.text(MARGIN, MARGIN + 28 + 18 * index, note, size=13, color=FAINT, gid=TITLE)

    def text(self, left, top, text, *, size=13, color=INK, ha="left", va="top", **options):
        """Writes a text without mathtext; places and `size` are in pixels."""
        return self.figure.text(
            left / self.width, 1 - top / self.height, without_mathtext(text),
            size=points(size), color=color, ha=ha, va=va, **options,
        )  # fmt: skip

    def axes(self, left: float, top: float, width: float, height: float, **options) -> Axes:
        """Adds axes at a place in pixels."""
        box = (
            left / self.width,
            1 - (top + height) / self.height,
            width / self.width,
            height / self.height,
        )
        return self.figure.add_axes(box, **options)

    def picture(self, left: float, top: float, pixels, label: str) -> Axes:
        """Shows a picture pixel by pixel.

        Args:
            left: Distance from the left, in pixels.
            top: Distance from the top, in pixels.
            pixels: `[H, W, 3]` uint8 picture.
            label: Label of the axes, to find them in the figure.
        """
        height, width = pixels.shape[:2]
        axes = self.axes(int(left), int(top), width, height, label=label)
        axes.imshow(pixels, interpolation="nearest", aspect="auto")
        axes.set_axis_off()
        return axes

    def chart(self, left, top, width, height, *, title="", xlabel="", ylabel="") -> Axes:
        """Adds the axes of a chart, with a light grid and no box, at a place in pixels."""
        axes = self.axes(left, top, width, height, label=title)
        # y is given: otherwise, drawings above the axes move the title up.
        axes.set_title(
            without_mathtext(title), loc="left", size=points(14), color=INK, weight="bold", y=1.0
        )
        axes.set_xlabel(without_mathtext(xlabel), size=points(12), color=FAINT)
        axes.set_ylabel(without_mathtext(ylabel), size=points(12), color=FAINT)
        axes.tick_params(labelsize=points(12), colors=FAINT, length=0)
        axes.grid(color=RULE, linewidth=0.6)
        axes.set_axisbelow(True)
        for side, spine in axes.spines.items():
            spine.set_visible(side == "bottom")
            spine.set_color(FAINT)
        return axes

    def frame(self, left, top, width, height):
        """Draws a rectangle; place and size are in pixels."""
        self.figure.add_artist(
            Rectangle(
                (left / self.width, 1 - (top + height) / self.height),
                width / self.width, height / self.height,
                fill=False, color=ORANGE, linewidth=2.0,
            )
        )  # fmt: skip
