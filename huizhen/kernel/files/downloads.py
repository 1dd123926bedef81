"""How a stored file is handed out so that it can do nothing in the reader's browser."""

from urllib.parse import quote

from huizhen.kernel.files.models import File


def headers_for_download(file: File) -> dict[str, str]:
    """The response's headers: always an attachment, never guessed at, never run, never kept by a cache.

    The name is given twice (RFC 6266): in ASCII for old programs, in UTF-8 for all others.
    """
    plain = "".join(c if c.isascii() and c.isprintable() and c not in '"\\%' else "_" for c in file.name)
    return {
        "Content-Type": file.media_type or "application/octet-stream",
        "Content-Length": str(file.size),
        "Content-Disposition": f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(file.name, safe='')}",
        "X-Content-Type-Options": "nosniff",
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Cache-Control": "private, no-store",
    }
