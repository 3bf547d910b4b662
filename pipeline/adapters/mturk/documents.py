"""What the Requester API takes and gives as text: money, the question of a HIT, the answer of a worker."""

from __future__ import annotations

from xml.sax.saxutils import escape

from defusedxml.ElementTree import ParseError, fromstring

SCHEMAS = "http://mechanicalturk.amazonaws.com/AWSMechanicalTurkDataSchemas/"


def dollars(cents: int) -> str:
    """Write money as the API takes it."""
    return f"{cents // 100}.{cents % 100:02}"


def external_question(page: str, frame_height: int) -> str:
    """Wrap a page's address in the XML that CreateHIT takes."""
    return (
        f'<ExternalQuestion xmlns="{SCHEMAS}2006-07-14/ExternalQuestion.xsd">'
        f"<ExternalURL>{escape(page)}</ExternalURL><FrameHeight>{frame_height}</FrameHeight></ExternalQuestion>"
    )


def answer_of(xml: str) -> str:
    """Give the text of the field `answer` in a QuestionFormAnswers document; "" if it has none."""
    try:
        root = fromstring(xml)
    except (ParseError, ValueError):
        return ""
    for answer in root.iter(f"{{{SCHEMAS}2005-10-01/QuestionFormAnswers.xsd}}Answer"):
        parts = {child.tag.rpartition("}")[2]: child.text or "" for child in answer}
        if parts.get("QuestionIdentifier") == "answer":
            return str(parts.get("FreeText", ""))
    return ""
