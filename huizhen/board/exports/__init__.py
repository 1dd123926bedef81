"""Exports: figures as an Excel workbook, each noted in the audit."""
