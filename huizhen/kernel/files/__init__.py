"""Files: uploaded in pieces that survive anything, checked, encrypted at rest, stored once.

file = files.store("ct.pdf", data, actor=actor, at=clock.now(), purpose="document")
with files.open_file(file) as reader: ...
"""

from huizhen.kernel.files.actions import (
    WrongOffset,
    append,
    clear_expired,
    finish,
    forget,
    get_upload,
    refuse,
    start_upload,
    store,
)
from huizhen.kernel.files.arrived import open_arrived
from huizhen.kernel.files.bulk import Piece, Staged, fits, settle_many, stage_many
from huizhen.kernel.files.contents import open_file
from huizhen.kernel.files.downloads import headers_for_download
from huizhen.kernel.files.rules import Refused

__all__ = [
    "Piece",
    "Refused",
    "Staged",
    "WrongOffset",
    "append",
    "clear_expired",
    "finish",
    "fits",
    "forget",
    "get_upload",
    "headers_for_download",
    "open_arrived",
    "open_file",
    "refuse",
    "settle_many",
    "stage_many",
    "start_upload",
    "store",
]
