"""Errors as Mechanical Turk spells them. The class says the wire's `__type` and the HTTP status."""

PREFIX = "AWS.MechanicalTurk."


class CrowdError(Exception):
    """An answer that is an error."""

    code = "RequestError"
    status = 400
    turk_code: str | None = None

    def __init__(self, message: str, turk_code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        if turk_code:
            self.turk_code = PREFIX + turk_code


class RequestError(CrowdError):
    """The request cannot be granted, now or ever, as it stands."""


class ParameterValidationError(CrowdError):
    """The question's XML or HTML is wrong."""

    code = "ParameterValidationError"


class InvalidParameterCombinationError(CrowdError):
    """Two parameters that cannot go together."""

    code = "InvalidParameterCombinationError"
    turk_code = PREFIX + "InvalidParameterCombination"


class SerializationError(CrowdError):
    """The body is not a JSON object."""

    code = "SerializationException"


class TooLargeError(CrowdError):
    """The body is longer than anything that the API takes."""

    code = "RequestEntityTooLargeException"
    status = 413


class UnknownOperationError(CrowdError):
    """X-Amz-Target names nothing here."""

    code = "UnknownOperationException"


class ThrottlingError(CrowdError):
    """Too many requests."""

    code = "ThrottlingException"


class ServiceFault(CrowdError):
    """The server failed; the same request may work later."""

    code = "ServiceFault"
    status = 500
    turk_code = PREFIX + "ServiceFault"


class AuthenticationError(CrowdError):
    """The signature does not prove who asks."""

    status = 403

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


def missing(what: str, value: str) -> RequestError:
    """The entity does not exist, or is another requester's: the two look the same on purpose."""
    return RequestError(f"{what} {value} does not exist.", f"{what}DoesNotExist")


def invalid(name: str, value: object, why: str) -> RequestError:
    """A parameter's value is outside what the API allows."""
    shown = str(value)
    shown = shown if len(shown) <= 100 else shown[:100] + "..."
    return RequestError(
        f'The value "{shown}" is not valid for the parameter {name}. {why}', "InvalidParameterValue"
    )


def wrong_state(what: str, state: str, allowed: str) -> RequestError:
    """An operation that the entity's life cycle does not allow now."""
    message = (
        f"This {what} is currently in the state '{state}'.  "
        f"This operation can be called with a status of: {allowed}"
    )
    return RequestError(message, f"Invalid{what}State")
