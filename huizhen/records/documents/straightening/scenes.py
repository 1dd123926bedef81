"""Photographs of nobody, for the tests and the measurements: a sheet on a table as a phone sees it from one side, and
things that are no sheet: skin, a wound on a cloth, films, a screen. The same seed gives the same picture."""

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np

Picture = np.ndarray[Any, Any]
SIZE = (1500, 1125)  # of a photograph: height, width
TABLES = ((72, 90, 107), (40, 40, 44), (120, 100, 70), (60, 80, 60))  # wood, black, blue-grey, green cloth (BGR)


def lay(sheet: Picture, *, seed: int, lean: float = 1.0, size: tuple[int, int] = SIZE) -> tuple[Picture, Picture]:
    """A photograph of a sheet (BGR) on a table, and the sheet's four corners in it. `lean`: 0 straight from above, 1 as
    one holds a phone, 2 from far aside."""
    lots = np.random.default_rng(seed)
    height, width = size
    high, wide = sheet.shape[:2]
    spin, nod, shake = lots.uniform(-8, 8) * lean, lots.uniform(-18, 18) * lean, lots.uniform(-18, 18) * lean
    flat = np.array([[-wide, -high, 0], [wide, -high, 0], [wide, high, 0], [-wide, high, 0]], float) / (2 * high)
    solid = flat @ turning(spin, nod, shake).T
    focal, far = 1.25, 1.25 * lots.uniform(1.12, 1.5)
    corners = solid[:, :2] * focal / (solid[:, 2:] + far) * height + [width / 2, height / 2]
    room = 0.98 * min(width / np.ptp(corners[:, 0]), height / np.ptp(corners[:, 1]), 1.0)
    corners = (corners - corners.mean(0)) * room + [width / 2, height / 2]
    way = cv2.getPerspectiveTransform(
        np.array([[0, 0], [wide, 0], [wide, high], [0, high]], np.float32), corners.astype(np.float32)
    )
    table = grain(np.full((height, width, 3), TABLES[seed % len(TABLES)], np.uint8), 9, lots)
    seen = cv2.warpPerspective(sheet, way, (width, height), flags=cv2.INTER_AREA)
    mask = cv2.warpPerspective(np.full(sheet.shape[:2], 255, np.uint8), way, (width, height), flags=cv2.INTER_LINEAR)
    part = mask[..., None] / 255
    return grain((seen * part + table * (1 - part)).astype(np.uint8), 4, lots), corners


def turning(spin: float, nod: float, shake: float) -> Picture:
    """The rotation by three angles in degrees: in the picture's plane, up and down, left and right."""
    a, b, c = np.radians([spin, nod, shake])
    in_plane = np.array([[np.cos(a), -np.sin(a), 0], [np.sin(a), np.cos(a), 0], [0, 0, 1]])
    up_down = np.array([[1, 0, 0], [0, np.cos(b), -np.sin(b)], [0, np.sin(b), np.cos(b)]])
    left_right = np.array([[np.cos(c), 0, np.sin(c)], [0, 1, 0], [-np.sin(c), 0, np.cos(c)]])
    return np.asarray(up_down @ left_right @ in_plane)


def grain(picture: Picture, strength: float, lots: np.random.Generator) -> Picture:
    """The grain of a small sensor."""
    noise = lots.normal(0, strength, picture.shape[:2])[..., None]
    return np.clip(picture.astype(np.float32) + noise, 0, 255).astype(np.uint8)


def clouds(lots: np.random.Generator, rough: int, size: tuple[int, int] = SIZE) -> Picture:
    """Soft spots between 0 and 1."""
    few = lots.random((max(2, size[0] // rough), max(2, size[1] // rough))).astype(np.float32)
    return np.clip(cv2.resize(few, size[::-1], interpolation=cv2.INTER_CUBIC), 0, 1)


def skin(lots: np.random.Generator) -> Picture:
    """Skin with a rash and a mole, near."""
    tone = np.array([140, 165, 205], np.float32) * (0.85 + 0.2 * clouds(lots, 500))[..., None]
    red = np.array([70, 70, 40], np.float32) * (clouds(lots, 60) > 0.72)[..., None]
    picture = np.clip(tone - cv2.GaussianBlur(red, (0, 0), 6), 0, 255).astype(np.uint8)
    cv2.circle(picture, (600, 700), 26, (45, 60, 95), -1)
    for _ in range(300):
        x, y = int(lots.integers(0, SIZE[1])), int(lots.integers(0, SIZE[0]))
        cv2.line(picture, (x, y), (x + int(lots.integers(-30, 30)), y + int(lots.integers(8, 40))), (70, 90, 120), 1)
    return picture


def wound(lots: np.random.Generator) -> Picture:
    """A wound on a white square cloth, with a ruler beside it: light, with straight sides, and no sheet."""
    picture = np.full((*SIZE, 3), (90, 110, 60), np.uint8)
    cv2.fillConvexPoly(picture, np.array([[180, 250], [960, 210], [1000, 1250], [140, 1280]]), (235, 238, 236))
    cv2.ellipse(picture, (560, 700), (240, 330), 10, 0, 360, (130, 160, 205), -1)
    cv2.ellipse(picture, (560, 720), (90, 150), 20, 0, 360, (50, 40, 150), -1)
    for mark in range(40):
        cv2.line(picture, (300 + mark * 14, 1180), (300 + mark * 14, 1180 - (30 if mark % 5 else 55)), (20, 20, 20), 2)
    return picture


def film(lots: np.random.Generator) -> Picture:
    """A chest film on a light box, with the letters of its corner."""
    picture = np.full((*SIZE, 3), (238, 240, 240), np.uint8)
    cv2.fillConvexPoly(picture, np.array([[140, 170], [990, 130], [1020, 1330], [110, 1360]]), (22, 20, 20))
    for x in (390, 740):
        cv2.ellipse(picture, (x, 700), (150, 380), 0, 0, 360, (75, 70, 70), -1)
    cv2.rectangle(picture, (530, 250), (600, 1250), (170, 165, 165), -1)
    for row in range(4):
        cv2.putText(picture, "R 2026-03-02 CHEST PA", (180, 230 + row * 34), 0, 0.8, (200, 200, 200), 2)
    return cv2.GaussianBlur(picture, (0, 0), 3)


def screen(lots: np.random.Generator) -> Picture:
    """An ultrasound screen in a dark room."""
    picture = np.full((*SIZE, 3), (14, 12, 12), np.uint8)
    cv2.fillConvexPoly(picture, np.array([[110, 420], [1010, 400], [1000, 1110], [120, 1090]]), (42, 38, 36))
    fan = np.zeros(SIZE, np.uint8)
    cv2.ellipse(fan, (560, 430), (520, 620), 0, 50, 130, 255, -1)
    spots = (clouds(lots, 12) * 160).astype(np.uint8)
    picture[fan > 0] = np.repeat(spots[fan > 0][:, None], 3, 1)
    for row, words in enumerate(("GEN 4.0 MHz", "DR 66", "D 12.3 cm", "FR 28 Hz")):
        cv2.putText(picture, words, (140, 500 + row * 36), 0, 0.8, (210, 210, 210), 2)
    return picture


def face(lots: np.random.Generator) -> Picture:
    """Somebody before a bright window."""
    picture = np.full((*SIZE, 3), (120, 130, 140), np.uint8)
    cv2.rectangle(picture, (160, 90), (960, 1250), (244, 246, 246), -1)
    cv2.ellipse(picture, (560, 700), (220, 300), 0, 0, 360, (150, 175, 215), -1)
    cv2.ellipse(picture, (560, 1420), (430, 360), 0, 0, 360, (110, 70, 50), -1)
    for x in (480, 640):
        cv2.circle(picture, (x, 650), 24, (40, 40, 50), -1)
    return picture


def pills(lots: np.random.Generator) -> Picture:
    """A blister of tablets on a light table: rows of like spots, no letters."""
    picture = np.full((*SIZE, 3), (205, 210, 212), np.uint8)
    cv2.rectangle(picture, (200, 300), (920, 1200), (150, 152, 150), -1)
    for row in range(6):
        for column in range(4):
            cv2.circle(picture, (300 + column * 175, 390 + row * 145), 52, (228, 230, 230), -1)
            cv2.circle(picture, (300 + column * 175, 390 + row * 145), 52, (110, 110, 110), 2)
    return picture


NO_SHEETS: dict[str, Callable[[np.random.Generator], Picture]] = {
    "skin": skin, "wound": wound, "film": film, "screen": screen, "face": face, "pills": pills,
}  # fmt: skip


def no_sheet(kind: str, seed: int = 1) -> Picture:
    """A photograph of something that is no sheet of paper (`NO_SHEETS`)."""
    lots = np.random.default_rng(seed)
    return grain(cv2.GaussianBlur(NO_SHEETS[kind](lots), (0, 0), 1), 5, lots)
