"""What the test of the reading desk needs: a hand that draws on a stage, and series made from others."""

import io
import re

import pytest
from playwright.sync_api import Locator, Page
from pydicom import dcmread

from huizhen.records.imaging.samples import FIELD

SLICES, SIZE, SEED = 12, 64, "reading-desk"
SPACING = FIELD / SIZE


def thinned(image: tuple[str, bytes]) -> tuple[str, bytes]:
    """The same slice in another series of its study."""
    name, data = image
    dataset, out = dcmread(io.BytesIO(data)), io.BytesIO()
    dataset.SeriesInstanceUID, dataset.SeriesNumber = f"{dataset.SeriesInstanceUID[:60]}.3", 3
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = f"{dataset.SOPInstanceUID[:60]}.3"
    dataset.save_as(out, enforce_file_format=True)
    return f"thin-{name}", out.getvalue()


def upright(image: tuple[str, bytes]) -> tuple[str, bytes]:
    """An image of the same study that lies in the plane through the middle, from the right side to the left."""
    _name, data = image
    dataset, out = dcmread(io.BytesIO(data)), io.BytesIO()
    dataset.SeriesInstanceUID, dataset.SeriesNumber = f"{dataset.SeriesInstanceUID[:60]}.4", 4
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = f"{dataset.SOPInstanceUID[:60]}.4"
    dataset.ImageOrientationPatient = [1, 0, 0, 0, 0, -1]
    dataset.ImagePositionPatient = [(SPACING - FIELD) / 2, 0, (FIELD - SPACING) / 2]
    dataset.save_as(out, enforce_file_format=True)
    return "upright", out.getvalue()


class Hand:
    """A hand on a stage; a place is told in mm from the middle of the image, which is shown whole."""

    def __init__(self, page: Page, number: int = 0) -> None:
        self.page, self.stage = page, page.locator(".viewer-stage").nth(number)

    def place(self, mm: tuple[float, float]) -> tuple[float, float]:
        """Where that lies on the screen."""
        box = self.stage.locator(".viewer-pane").bounding_box()
        scale = min(box["width"], box["height"]) / FIELD  # pixels of the screen for a mm
        return box["x"] + box["width"] / 2 + mm[0] * scale, box["y"] + box["height"] / 2 + mm[1] * scale

    def take(self, tool: str) -> None:
        """Choose a tool by its button."""
        self.page.get_by_role("button", name=tool, exact=True).click()

    def drag(self, *way: tuple[float, float]) -> None:
        """Press at the first place, go through the others, let go at the last."""
        self.page.mouse.move(*self.place(way[0]))
        self.page.mouse.down()
        for mm in way[1:]:
            self.page.mouse.move(*self.place(mm), steps=4)
        self.page.mouse.up()

    def value(self, mm: tuple[float, float]) -> str:
        """What the stage says lies under the mouse there."""
        self.page.mouse.move(*self.place(mm))
        return self.stage.locator("[data-value]").inner_text()

    @property
    def texts(self) -> Locator:
        """What stands beside the drawn measurements."""
        return self.stage.locator(".viewer-pane svg text")


def shows(hand: Hand, wanted: float, unit: str) -> None:
    """One of the drawn measurements says this, within two percent, as soon as it is painted."""
    for _ in range(50):
        said = hand.texts.all_text_contents()
        numbers = [float(text.removesuffix(unit)) for text in said if re.fullmatch(rf"[-.\d]+ ?{unit}", text)]
        if any(number == pytest.approx(wanted, rel=0.02) for number in numbers):
            return
        hand.page.wait_for_timeout(50)
    raise AssertionError(f"{said} and no {wanted} {unit}")


def where_drawn(page: Page) -> list[tuple[float, float]]:
    """The ends of the lines and the rings on the first stage, in a lasting order."""
    found = (
        page.locator(".viewer-pane")
        .first.locator("svg circle")
        .evaluate_all("all => all.map(one => [one.cx.baseVal.value, one.cy.baseVal.value])")
    )
    return sorted((x, y) for x, y in found)
