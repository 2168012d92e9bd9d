"""
The XML that AWS answers, read with care: nothing is believed to be well-formed, or to be AWS's at all.

Owns what an answer must look like; refuses document types, so that no entity is ever expanded.
"""

from __future__ import annotations

from xml.etree import ElementTree as ET

_PAGE_BEGINNINGS = (b"<!doctype html", b"<html")


def parsed(body: bytes) -> ET.Element | None:
    """Return the root of an XML answer; None for anything else."""
    # NUL: the same two in UTF-16, which the parser would understand.
    if b"\0" in body or b"<!DOCTYPE" in body or b"<!ENTITY" in body:
        return None
    try:
        return ET.fromstring(body)  # noqa: S314  # bounded in size, and without a document type nothing expands
    except (ET.ParseError, ValueError, LookupError):
        return None


def is_web_page(body: bytes, content_type: str) -> bool:
    """Whether this is a page for a person: a proxy's, a portal's."""
    return body.lstrip()[:15].lower().startswith(_PAGE_BEGINNINGS) or content_type.lower().startswith("text/html")


def texts(element: ET.Element, name: str) -> list[str]:
    """Return the texts of all elements of this name, whatever their namespace."""
    return [(found.text or "").strip() for found in element.iter() if local_name(found) == name]


def text(element: ET.Element, name: str) -> str:
    """Return the text of the first element of this name, "" where there is none."""
    return next(iter(texts(element, name)), "")


def local_name(element: ET.Element) -> str:
    """Return the element's name without its namespace."""
    return element.tag.rpartition("}")[2]
