"""Small Excel workbooks, written by hand: cells that are text, numbers or merged, as files of laboratories have them."""

import io
import zipfile
from xml.sax.saxutils import escape

NS = "http://schemas.openxmlformats.org"
PARTS = {
    "[Content_Types].xml": f'<Types xmlns="{NS}/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/s.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{NS}/package/2006/relationships"><Relationship Id="r" Type="{NS}/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{NS}/package/2006/relationships"><Relationship Id="r" Type="{NS}/officeDocument/2006/relationships/worksheet" Target="s.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{NS}/spreadsheetml/2006/main" xmlns:r="{NS}/officeDocument/2006/relationships"><sheets><sheet name="S" sheetId="1" r:id="r"/></sheets></workbook>',
}


def workbook(rows, merged=()):
    """An .xlsx of one sheet; `merged` are ranges such as `A2:A3`."""
    cells = "".join(f"<row>{''.join(map(cell, row))}</row>" for row in rows)
    joined = "".join(f'<mergeCell ref="{one}"/>' for one in merged)
    sheet = f'<worksheet xmlns="{NS}/spreadsheetml/2006/main"><sheetData>{cells}</sheetData><mergeCells>{joined}</mergeCells></worksheet>'
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as file:
        for name, text in {**PARTS, "xl/s.xml": sheet}.items():
            file.writestr(name, text)
    return buffer.getvalue()


def cell(value):
    if isinstance(value, int | float):
        return f"<c><v>{value}</v></c>"
    return f'<c t="inlineStr"><is><t>{escape(value)}</t></is></c>' if value else "<c/>"
