"""Write docs/reference/http.md from the OpenAPI document of the service."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pages import DOCS, render, table

from inklab.web import Workbench
from inklab.web.app import create_app

PAGE = DOCS / "reference" / "http.md"
Schema = Mapping[str, Any]


def http_page() -> str:
    """Return the reference of the HTTP service as Markdown."""
    document = create_app(Workbench(runs=Path("runs"), drawings=Path("drawings"))).openapi()
    schemas = document["components"]["schemas"]
    by_tag: dict[str, list[str]] = {}
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            (tag,) = operation.get("tags", ["other"])
            by_tag.setdefault(tag, []).append(_operation(method.upper(), path, operation, schemas))
    parts = [_section(tag, operations) for tag, operations in by_tag.items()]
    objects = [_object(name, schemas[name]) for name in sorted(schemas) if not _is_internal(name)]
    text = render("http_page.md.j2", operations="\n\n".join(parts), objects="\n\n".join(objects))
    return text.rstrip() + "\n"


def _section(tag: str, operations: list[str]) -> str:
    return "\n\n".join([f"### {tag.capitalize()}", *operations])


def _operation(method: str, path: str, operation: Schema, schemas: Mapping[str, Schema]) -> str:
    """Return one method of one path: what it does, takes and returns."""
    parts = [f"#### `{method} {path}`", _sentence(operation.get("summary", ""))]
    if description := operation.get("description", ""):
        parts.append(" ".join(description.split()))
    rows = [
        (f"`{each['name']}`", each["in"], _type(each["schema"]), _default(each), _text(each))
        for each in operation.get("parameters", [])
    ]
    if rows:
        parts.append(table(("parameter", "in", "type", "default", "meaning"), *rows))
    for kind, body in operation.get("requestBody", {}).get("content", {}).items():
        name = body["schema"].get("$ref", "").rpartition("/")[2]
        if _is_internal(name):
            parts += [f"Body ({kind}), a form:", _properties(schemas[name])]
        else:
            parts.append(f"Body ({kind}): {_type(body['schema'])}.")
    success = next(
        (operation["responses"][code] for code in operation["responses"] if code.startswith("2")), {}
    )
    kinds = list(success.get("content", {}).items())
    parts.append(
        " ".join(f"Returns ({kind}): {_type(body.get('schema', {}))}." for kind, body in kinds)
        or "Returns no body."
    )
    return "\n\n".join(parts)


def _object(name: str, schema: Schema) -> str:
    """Return one object of the JSON documents with its fields."""
    parts = [f"### {name}"]
    if description := schema.get("description", ""):
        parts.append(" ".join(description.split()))
    if schema.get("properties"):
        parts.append(_properties(schema))
    return "\n\n".join(parts)


def _properties(schema: Schema) -> str:
    """Return a row for every field of an object."""
    required = set(schema.get("required", ()))
    rows = [
        (f"`{field}`", _type(value), "yes" if field in required else "no", _text(value))
        for field, value in schema["properties"].items()
    ]
    return table(("field", "type", "required", "meaning"), *rows)


def _is_internal(name: str) -> bool:
    """Whether a schema is FastAPI's own and never sent by the service."""
    return name.startswith("Body_") or name in {"HTTPValidationError", "ValidationError"}


def _type(schema: Schema) -> str:
    """Return the type of a value in words, with a link to an object of this page."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "enum" in schema or "const" in schema:
        return " or ".join(f"`{value}`" for value in schema.get("enum", [schema.get("const")]))
    if "anyOf" in schema:
        return " or ".join(_type(each) for each in schema["anyOf"])
    kind = "file" if "contentMediaType" in schema else schema.get("type", "any")
    if kind == "array":
        items = schema.get("prefixItems", [schema.get("items", {})])
        return f"list of {', '.join(_type(each) for each in items)}"
    if kind == "object" and (values := schema.get("additionalProperties")):
        return f"object of {_type(values)}" if isinstance(values, dict) else "object"
    return str(kind)


def _default(parameter: Schema) -> str:
    default = parameter["schema"].get("default")
    return "required" if parameter.get("required") else f"`{default}`" if default is not None else ""


def _text(value: Schema) -> str:
    text = value.get("description") or value.get("schema", {}).get("description", "")
    return " ".join(text.split()).replace("|", "\\|")


def _sentence(text: str) -> str:
    return text if not text or text.endswith(".") else f"{text}."


if __name__ == "__main__":
    PAGE.write_text(http_page(), encoding="utf-8")
