"""What all schemas share. Requests refuse fields they do not know; answers say every field."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200, pattern=r"^[^\x00]*$")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=20_000, pattern=r"^[^\x00]*$")]
Limit = Annotated[int, Field(ge=1, le=50, description="At most so many.")]
Number = Annotated[int, Field(ge=0, le=2_147_483_647)]
AnyId = Annotated[UUID, Field(examples=["01932f5e-7a10-7cc0-8a2e-3f6c1b2d4e5f"])]
Moment = Annotated[datetime, Field(examples=["2026-11-23T01:00:00Z"])]


class In(BaseModel):
    """A request's body."""

    model_config = ConfigDict(extra="forbid")


class Out(BaseModel):
    """An answer, or a part of one."""

    model_config = ConfigDict(extra="forbid")


class Reference(Out):
    """Somebody or something by key, with the name people know it by."""

    id: AnyId
    name: str = Field(examples=["王静"])


class FieldError(Out):
    """One value that was not accepted."""

    field: str = Field(examples=["identity_number"])
    code: str = Field(examples=["identity_check"])
    says: str


class ProblemOut(Out):
    """An error (RFC 9457). `code` is stable; `request` is the number to quote."""

    type: str = Field(examples=["urn:huizhen:problem:wrong_state"])
    title: str
    status: int
    code: str = Field(examples=["wrong_state"])
    request: str
    details: dict[str, Any] = {}
    errors: list[FieldError] = []
