"""Amazon's JSON 1.1 on the wire: the service model, checked input, epoch times, error documents."""

import json
import re
from datetime import datetime
from typing import Any

import botocore.session
from botocore.model import ServiceModel, Shape
from botocore.validate import ParamValidator

from crowd_server.errors import CrowdError, SerializationError, UnknownOperationError, invalid

CONTENT_TYPE = "application/x-amz-json-1.1"
MODEL: ServiceModel = botocore.session.get_session().get_service_model("mturk")
TARGET = MODEL.metadata["targetPrefix"] + "."
VALIDATOR = ParamValidator()
INT32 = 2**31 - 1


def operation_name(target: str) -> str:
    """The operation that X-Amz-Target names."""
    name = target.removeprefix(TARGET)
    if name == target or name not in MODEL.operation_names:
        raise UnknownOperationError(f"Unknown operation: {target or '(no X-Amz-Target)'}")
    return name


def read_body(body: bytes) -> dict[str, Any]:
    """The JSON object of a request; members that are null count as absent."""
    try:
        document = json.loads(body or b"{}", parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise SerializationError("The body is not valid JSON.") from error
    if not isinstance(document, dict):
        raise SerializationError("The body must be a JSON object.")
    return {name: value for name, value in document.items() if value is not None}


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def check_input(operation: str, params: dict[str, Any]) -> None:
    """Check a request against the service model: what botocore checks, and what it leaves out."""
    shape = MODEL.operation_model(operation).input_shape
    if shape is None:
        return
    try:
        report = VALIDATOR.validate(params, shape)
    except (OverflowError, ValueError, OSError, RuntimeError) as error:  # a time beyond all calendars
        raise invalid(operation, "time", str(error)) from error
    if report.has_errors():
        raise invalid(operation, "input", report.generate_report())
    _check(shape, params, "")


def _check(shape: Shape, value: Any, name: str) -> None:
    if shape.type_name == "structure":
        for member, part in value.items():
            _check(shape.members[member], part, member)  # type: ignore[attr-defined]
    elif shape.type_name == "list":
        for part in value:
            _check(shape.member, part, name)  # type: ignore[attr-defined]
    elif shape.type_name == "string":
        _check_string(shape, value, name)
    elif shape.type_name in ("integer", "long"):
        limit = shape.metadata.get("max", INT32)
        if not -INT32 <= value <= limit:
            raise invalid(name, value, f"It must be at most {limit}.")


def _check_string(shape: Shape, value: str, name: str) -> None:
    limits = shape.metadata
    if len(value) > limits.get("max", len(value)):
        raise invalid(name, value, f"It must have at most {limits['max']} characters.")
    if "pattern" in limits and not re.fullmatch(limits["pattern"].strip("^$"), value):
        raise invalid(name, value, f"It must match {limits['pattern']}.")
    if "enum" in limits and value not in limits["enum"]:
        raise invalid(name, value, f"It must be one of {', '.join(limits['enum'])}.")
    if "\x00" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise invalid(name, ascii(value), "It holds characters that text cannot hold.")


def write_body(reply: dict[str, Any]) -> bytes:
    """A reply: times as epoch seconds, absent members left out."""
    return json.dumps(_present(reply), default=_epoch).encode()


def _present(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _present(part) for name, part in value.items() if part is not None}
    return [_present(part) for part in value] if isinstance(value, list) else value


def _epoch(value: object) -> float:
    if isinstance(value, datetime):
        return round(value.timestamp(), 3)
    raise TypeError(f"{type(value).__name__} has no place on the wire")


def write_error(error: CrowdError, now: datetime) -> bytes:
    """An error document; TurkErrorCode goes with Mechanical Turk's own errors only."""
    document = {"__type": error.code, "Message": f"{error.message} ({int(now.timestamp() * 1000)} s)"}
    if error.turk_code:
        document["TurkErrorCode"] = error.turk_code
    return json.dumps(document).encode()


def dollars(cents: int) -> str:
    """Cents as the API writes them: "0.05"."""
    return f"{cents // 100}.{cents % 100:02d}"


def cents(amount: str, name: str) -> int:
    """The API's decimal string as cents."""
    whole, _, part = amount.partition(".")
    if len(whole) > 7:
        raise invalid(name, amount, "It is too large.")
    return int(whole) * 100 + int((part + "00")[:2])
