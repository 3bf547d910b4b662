"""What a QuestionForm shows, built tag by tag from what is allowed: no requester's markup as it came."""

from xml.etree.ElementTree import Element

from markupsafe import Markup, escape

from crowd_server.errors import ParameterValidationError
from crowd_server.questions.documents import check_url, safe_xml

XHTML = """
    a abbr b big blockquote br caption center cite code col colgroup dd del dfn div dl dt em font h1 h2
    h3 h4 h5 h6 hr i img ins li ol p pre q s samp small span strike strong sub sup table tbody td tfoot
    th thead tr tt u ul var
"""
PLAIN = "alt title width height colspan rowspan align valign lang dir border"
TAGS = frozenset(XHTML.split())
ATTRIBUTES = frozenset(PLAIN.split())
LINKS = frozenset(("href", "src"))
EMPTY = frozenset(("br", "col", "hr", "img"))


def wrong(message: str, code: str = "XMLParseError") -> ParameterValidationError:
    """An error in a form's XML."""
    return ParameterValidationError(f"There was an error parsing the XML question. {message}", code)


def local_name(element: Element) -> str:
    """An element's name without its namespace."""
    return element.tag.split("}")[-1]


def child_of(element: Element, name: str) -> Element | None:
    """The first child of a name, whatever its namespace."""
    return next((child for child in element if local_name(child) == name), None)


def text_of(element: Element, name: str, otherwise: str = "") -> str:
    """The text of a child, trimmed."""
    child = child_of(element, name)
    return otherwise if child is None else (child.text or "").strip()


def content_of(element: Element) -> Markup:
    """The blocks of an Overview or a QuestionContent, as HTML."""
    return Markup("\n").join(block(child) for child in element)


def block(element: Element) -> Markup:
    """One block: Title, Text, List, Binary or FormattedContent."""
    kind, text = local_name(element), (element.text or "").strip()
    if kind == "Title":
        return Markup("<h2>{}</h2>").format(text)
    if kind == "Text":
        return Markup("<p>{}</p>").format(text)
    if kind == "List":
        items = Markup("").join(Markup("<li>{}</li>").format((item.text or "").strip()) for item in element)
        return Markup("<ul>{}</ul>").format(items)
    if kind == "Binary":
        url = text_of(element, "DataURL")
        check_url(url, "DataURL")
        return Markup('<img src="{}" alt="{}">').format(url, text_of(element, "AltText"))
    if kind == "FormattedContent":
        return _formatted(element.text or "")
    raise wrong(f"{kind} is not supported.")


def _formatted(text: str) -> Markup:
    try:
        root = safe_xml(f"<div>{text}</div>")
    except ValueError as error:
        raise wrong(f"FormattedContent is not well-formed XHTML: {error}.", "XHTMLParseError") from error
    return _html(root)


def _html(element: Element) -> Markup:
    if element.tag not in TAGS:
        raise wrong(f"The tag {element.tag} is not allowed in FormattedContent.", "XHTMLParseError")
    attributes = Markup("").join(_attribute(name, value) for name, value in element.attrib.items())
    start = Markup("<{}{}>").format(element.tag, attributes)
    if element.tag in EMPTY:
        return start
    inside = escape(element.text or "") + Markup("").join(
        _html(child) + escape(child.tail or "") for child in element
    )
    return start + inside + Markup("</{}>").format(element.tag)


def _attribute(name: str, value: str) -> Markup:
    if name in LINKS:
        check_url(value, name)
        extra = Markup(' target="_blank" rel="noopener noreferrer"') if name == "href" else Markup("")
        return Markup(' {}="{}"').format(name, value) + extra
    if name in ATTRIBUTES:
        return Markup(' {}="{}"').format(name, value)
    if name in ("style", "class", "id"):
        return Markup("")
    raise wrong(f"The attribute {name} is not allowed in FormattedContent.", "XHTMLParseError")
