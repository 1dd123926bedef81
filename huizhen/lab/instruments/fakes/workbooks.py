"""Small Excel workbooks whose cells are text, numbers or merged, as files of laboratories have them."""

import io
from collections.abc import Sequence

import xlsxwriter


def workbook(rows: Sequence[Sequence[str | float]], merged: Sequence[str] = ()) -> bytes:
    """An .xlsx of one sheet. Text stays text and numbers numbers; `merged` are ranges such as `A2:A3`, which keep the
    value of their first cell."""
    buffer = io.BytesIO()
    with xlsxwriter.Workbook(buffer, {"in_memory": True, "strings_to_numbers": False}) as book:
        sheet = book.add_worksheet()
        for place, row in enumerate(rows):
            sheet.write_row(place, 0, row)
        for span in merged:
            first = span.split(":")[0]
            sheet.merge_range(span, rows[int(first[1:]) - 1][ord(first[0]) - ord("A")])
    return buffer.getvalue()
