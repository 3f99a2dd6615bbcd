"""api/openapi.yaml as a judge: of requests, of answers, and of itself.

Values are checked with jsonschema; what OpenAPI 3.0 writes differently (nullable) is rewritten first.
A breach is a Breach, whose text names the place and never the value.
"""
import json
import os
import re

import jsonschema
import yaml

PATH = os.path.join(os.path.dirname(__file__), "..", "..", "api", "openapi.yaml")
METHODS = ("get", "post", "put", "delete")
# What the transport may answer to anything (info.description).
TRANSPORT = {400, 404, 405, 408, 413, 414, 429, 431, 503}


class Breach(Exception):
    """A request or an answer is not what the document says."""


def without_duplicates(pairs):
    found = {}
    for name, value in pairs:
        if name in found:
            raise Breach("member %s stands twice in an answer" % name)
        found[name] = value
    return found


def as_json_schema(node):
    if isinstance(node, list):
        return [as_json_schema(each) for each in node]
    if not isinstance(node, dict):
        return node
    out = {str(key): as_json_schema(value) for key, value in node.items()}
    if out.pop("nullable", False) and isinstance(out.get("type"), str):
        out["type"] = [out["type"], "null"]
    return out


FORMATS = jsonschema.FormatChecker(formats=())


@FORMATS.checks("date")
def is_date(value):
    return not isinstance(value, str) or bool(re.fullmatch(r"\d{4}-\d\d-\d\d", value))


@FORMATS.checks("date-time")
def is_instant(value):
    return not isinstance(value, str) or bool(
        re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z", value))


class Operation:
    def __init__(self, path, method, node):
        self.path, self.method, self.node = path, method, node
        self.name = node["operationId"]
        self.roles = node["x-permission"]
        self.audit = node["x-audit"]

    def __repr__(self):
        return "%s (%s %s)" % (self.name, self.method.upper(), self.path)


class Contract:
    def __init__(self, path=PATH):
        with open(path, encoding="utf-8") as source:
            self.document = as_json_schema(yaml.safe_load(source))
        self.resolver = jsonschema.RefResolver("", self.document)
        self.operations = [Operation(path, method, item[method])
                           for path, item in self.document["paths"].items()
                           for method in METHODS if method in item]
        self.by_name = {each.name: each for each in self.operations}

    # ---- the document itself
    def resolve(self, node):
        while isinstance(node, dict) and "$ref" in node:
            _, node = self.resolver.resolve(node["$ref"])
        return node

    def flat(self, schema):
        """A schema without references and allOf at its top."""
        schema = self.resolve(schema)
        if "allOf" in schema:
            merged = {key: value for key, value in schema.items() if key != "allOf"}
            for part in schema["allOf"]:
                merged = {**self.flat(part), **merged}
            return merged
        return schema

    def parameters(self, operation):
        return [self.resolve(each) for each in operation.node.get("parameters", [])]

    def body_schema(self, operation):
        body = operation.node.get("requestBody")
        return body and body["content"]["application/json"]["schema"]

    def find(self, method, path):
        """The operation of a path as it was sent, and the values of its braces; or None."""
        parts = path.strip("/").split("/")
        found = []
        for operation in self.operations:
            if operation.method != method.lower():
                continue
            values = self.match(operation, parts)
            if values is not None:
                found.append((operation, values))
        # A literal segment goes before one in braces.
        found.sort(key=lambda each: each[0].path.count("{"))
        return found[0] if found else None

    def match(self, operation, parts):
        pattern = operation.path.strip("/").split("/")
        long = any(each.get("x-segments") for each in self.parameters(operation))
        if len(pattern) != len(parts) and not (long and len(parts) >= len(pattern)):
            return None
        values = {}
        for index, piece in enumerate(pattern):
            given = parts[index]
            if piece.startswith("{"):
                if long and index == len(pattern) - 1:
                    given = "/".join(parts[index:])
                values[piece[1:-1]] = given
            elif piece != given:
                return None
        return values

    # ---- values
    def check(self, value, schema, where):
        validator = jsonschema.Draft7Validator(schema, resolver=self.resolver,
                                               format_checker=FORMATS)
        for error in validator.iter_errors(value):
            place = ".".join(str(each) for each in error.absolute_path)
            rule = error.validator
            shown = ""
            if rule in ("additionalProperties", "required"):
                shown = ": " + ", ".join(sorted(re.findall(r"'([a-z_]+)'", error.message))[:8])
            raise Breach("%s: %s breaks %s%s" % (where, place or "the value", rule, shown))

    def allows(self, value, schema):
        try:
            self.check(value, schema, "")
        except Breach:
            return False
        return True

    def check_text(self, text, schema, where):
        """A parameter or a header, which arrives as text."""
        kind = self.flat(schema).get("type")
        value = text
        if kind == "integer":
            if not re.fullmatch(r"-?\d+", text):
                raise Breach("%s: not an integer" % where)
            value = int(text)
        elif kind == "boolean":
            value = {"true": True, "false": False}.get(text, text)
        self.check(value, schema, where)

    def check_request(self, operation, values, query, headers, body):
        given = {name.lower(): value for name, value in headers.items()}
        for parameter in self.parameters(operation):
            name, place = parameter["name"], parameter["in"]
            where = "%s: %s %s" % (operation, place, name)
            text = {"path": values.get(name), "query": query.get(name),
                    "header": given.get(name.lower())}[place]
            if text is None:
                if parameter.get("required"):
                    raise Breach(where + " is missing")
            else:
                self.check_text(str(text), parameter["schema"], where)
        known = {each["name"] for each in self.parameters(operation) if each["in"] == "query"}
        if set(query) - known:
            raise Breach("%s: unknown query %s" % (operation, sorted(set(query) - known)))
        schema = self.body_schema(operation)
        if (schema is None) != (body is None):
            raise Breach("%s: a body where none belongs, or none" % operation)
        if schema is not None:
            self.check(body, schema, "%s: body" % operation)

    def check_response(self, operation, answer):
        where = "%s answers %d" % (operation, answer.status)
        response = operation.node["responses"].get(str(answer.status))
        if response is None:
            raise Breach(where + ", which is not documented")
        response = self.resolve(response)
        for name, header in response.get("headers", {}).items():
            header = self.resolve(header)
            text = answer.headers.get(name.lower())
            if text is not None:
                self.check_text(text, header["schema"], "%s: header %s" % (where, name))
            elif header.get("required"):
                raise Breach("%s without the header %s" % (where, name))
        if "content" not in response:
            if answer.body:
                raise Breach(where + " with a body")
            return
        media = answer.headers.get("content-type", "").split(";")[0]
        if media not in response["content"]:
            raise Breach("%s as %s" % (where, media or "nothing"))
        self.check_content(answer, media, response["content"][media]["schema"], where)

    def check_content(self, answer, media, schema, where):
        if media.endswith("json"):
            try:
                value = json.loads(answer.body.decode("utf-8"),
                                   object_pairs_hook=without_duplicates)
            except ValueError as error:
                raise Breach(where + " with JSON that is none") from error
            self.check(value, schema, where)
            if media == "application/problem+json" and value["status"] != answer.status:
                raise Breach(where + " with another status inside")
        elif self.flat(schema).get("format") == "binary":
            if len(answer.body) > self.flat(schema)["maxLength"]:
                raise Breach(where + " with too many bytes")
        else:
            self.check(answer.body.decode("utf-8"), schema, where)

    def check_refusal(self, answer):
        """An answer to what is no request of the document: a problem of the transport."""
        if answer.status not in TRANSPORT:
            raise Breach("the transport answers %d" % answer.status)
        if answer.headers.get("content-type") != "application/problem+json":
            raise Breach("the transport's refusal is no problem")
        self.check(json.loads(answer.body), {"$ref": "#/components/schemas/Problem"}, "refusal")
