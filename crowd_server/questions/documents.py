"""Question documents: safe XML in, a checked question out; and the answers document that goes back."""

import re
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import ip_address
from urllib.parse import urlencode, urlsplit
from xml.etree.ElementTree import Element, ParseError, SubElement, tostring

from defusedxml import DefusedXmlException
from defusedxml.ElementTree import fromstring

from crowd_server.errors import ParameterValidationError, invalid

ROOT = "http://mechanicalturk.amazonaws.com/AWSMechanicalTurkDataSchemas/"
ANSWERS = ROOT + "2005-10-01/QuestionFormAnswers.xsd"
KINDS = {
    f"{{{ROOT}2006-07-14/ExternalQuestion.xsd}}ExternalQuestion": "external",
    f"{{{ROOT}2011-11-11/HTMLQuestion.xsd}}HTMLQuestion": "html",
    f"{{{ROOT}2017-11-06/QuestionForm.xsd}}QuestionForm": "form",
    f"{{{ROOT}2005-10-01/QuestionForm.xsd}}QuestionForm": "form",
}
MAX_BYTES = 65535
MAX_DEPTH = 40
PREVIEW = "ASSIGNMENT_ID_NOT_AVAILABLE"
# Where a page may come from without TLS: the hosts of this machine that a browser's policy can name.
LOCAL_HOSTS = ("127.0.0.1", "localhost", "*.localhost")
RESERVED = ("assignmentId", "hitId", "workerId", "turkSubmitTo")
# What XML 1.0 cannot carry, not even escaped.
UNWRITABLE = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True)
class Question:
    """A checked question: `external` (a URL), `html` (a page) or `form` (the XML element)."""

    kind: str
    content: str
    frame_height: int
    element: Element


def parse_xml(text: str, name: str) -> Element:
    """XML without entities, DTDs or outside references; at most 65,535 bytes."""
    if len(text.encode()) > MAX_BYTES:
        raise invalid(name, text, f"It must be at most {MAX_BYTES} bytes.")
    try:
        return safe_xml(text)
    except ValueError as error:
        reason = f"There was an error parsing the XML question or answer data in your request. {error}"
        raise ParameterValidationError(reason, "XMLParseError") from error


def safe_xml(text: str) -> Element:
    """XML that cannot harm its reader: no DTD, no entities, at most 40 elements within each other.

    ValueError says what is wrong with it.
    """
    try:
        root: Element = fromstring(text, forbid_dtd=True)
    except (ParseError, DefusedXmlException) as error:
        raise ValueError(str(error)) from error
    level, depth = [root], 0
    while level:
        level, depth = [child for element in level for child in element], depth + 1
        if depth > MAX_DEPTH:
            raise ValueError(f"Elements can be nested {MAX_DEPTH} deep.")
    return root


@lru_cache(maxsize=256)
def read_question(text: str) -> Question:
    """Check a HIT's question. Tasks are shown far more often than they are posted, hence the cache."""
    root = parse_xml(text, "Question")
    kind = KINDS.get(root.tag)
    if kind is None:
        known = ", ".join(sorted({tag.split("}")[1] for tag in KINDS}))
        raise ParameterValidationError(
            f"The question's root element must be one of {known}.", "XMLParseError"
        )
    if kind == "form":
        return Question(kind, text, 0, root)
    namespace = root.tag.split("}")[0] + "}"
    field = "ExternalURL" if kind == "external" else "HTMLContent"
    element = root.find(namespace + field)
    if element is not None and len(element):
        raise ParameterValidationError(
            f"{field} must be text: put the page into <![CDATA[...]]>, or escape its markup.", "XMLParseError"
        )
    content = (root.findtext(namespace + field) or "").strip()
    if not content:
        raise ParameterValidationError(f"The question has no {field}.", "XMLParseError")
    if kind == "external":
        check_url(content)
    return Question(kind, content, _frame_height(root.findtext(namespace + "FrameHeight")), root)


def _frame_height(text: str | None) -> int:
    if text is None or not re.fullmatch(r"\s*\d{1,5}\s*", text):
        raise ParameterValidationError(
            "FrameHeight must be a whole number of pixels; 0 fits the window.", "XMLParseError"
        )
    return int(text)


def check_url(url: str, name: str = "ExternalURL") -> None:
    """HTTPS, or a host of this machine; nothing that a page could run, and nobody's password."""
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError as error:  # a port beyond all ports, half of an IPv6 address
        raise invalid(name, url, f"This must be an absolute URL. {error}.") from error
    if not host or parts.scheme not in ("http", "https") or re.search(r"[\s\"'<>\\\x00-\x1f\x7f]", url):
        raise invalid(name, url, "This must be an absolute URL.")
    if parts.scheme == "http" and not (host in LOCAL_HOSTS or host.endswith(".localhost")):
        raise invalid(
            name, url, f"This URL must use the HTTPS protocol, or be at {' or '.join(LOCAL_HOSTS)}."
        )
    if "@" in parts.netloc:
        raise invalid(name, url, "This URL must not hold a user name or password.")


def is_loopback(host: str) -> bool:
    """Whether a host name or address can only mean this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def frame_url(
    url: str, submit_to: str, hit_id: str, assignment_id: str = PREVIEW, worker_id: str | None = None
) -> str:
    """An ExternalURL with what MTurk appends to it."""
    fields = {"assignmentId": assignment_id, "hitId": hit_id}
    if worker_id is not None:
        fields |= {"workerId": worker_id}
    fields |= {"turkSubmitTo": submit_to}
    address, mark, fragment = url.partition("#")
    return address + ("&" if "?" in address else "?") + urlencode(fields) + mark + fragment


def write_answers(fields: dict[str, str]) -> str:
    """The QuestionFormAnswers document for a page's form fields, one free-text answer a field."""
    root = Element("QuestionFormAnswers", xmlns=ANSWERS)
    for name, value in fields.items():
        answer = SubElement(root, "Answer")
        SubElement(answer, "QuestionIdentifier").text = UNWRITABLE.sub("\ufffd", name)
        SubElement(answer, "FreeText").text = UNWRITABLE.sub("\ufffd", value)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode")


def read_answers(document: str) -> dict[str, str]:
    """Question ids and answers of a QuestionFormAnswers document; several selections are joined by `|`."""
    if not document:
        return {}
    root: Element = fromstring(document)
    return {
        answer.findtext(f"{{{ANSWERS}}}QuestionIdentifier", ""): "|".join(
            part.text or "" for part in answer if not part.tag.endswith("}QuestionIdentifier")
        )
        for answer in root
    }
