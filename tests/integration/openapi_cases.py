"""Valid and invalid input for an operation, as Hypothesis strategies made from api/openapi.yaml."""
import json
import re

from hypothesis import strategies as st

# Letters that people's names and texts are made of, and some that programs stumble over.
LETTERS = st.text(alphabet=st.one_of(
    st.sampled_from("abcxyzABC àèìòù'’-.,0123456789ß漢\u202e\ufeff\U0001f600"),
    st.characters(min_codepoint=0x20, max_codepoint=0x2FFF, blacklist_categories=("Cs", "Cc"))),
    max_size=24)
WRONG = st.sampled_from([None, True, -1, 2 ** 53 + 1, 1.5, "", "x" * 40, [], {}, [[]],
                         "1999-02-30", "2026-13-01T00:00:00Z", "AAAA", "\u0000", "0" * 31])
BROKEN = [
    b"", b"{", b"[]", b"null", b'"text"', b"{}{}", b'{"a": 1e999}', b'{"a": NaN}', b"{'a': 1}",
    b'{"a": 1, "a": 2}', b'{"a": "\\ud800"}', b'{"a": "\xff\xfe"}', b"\xef\xbb\xbf{}",
    b'{"a": 9007199254740993}', b'{"a": -0}', b'{"a": 01}', b"[" * 40 + b"]" * 40,
    b'{"a":' * 20 + b"1" + b"}" * 20, b'{"a": "' + b"x" * 4096 + b'"}',
]


class Cases:
    """`pool` is a list of ids that exist; it may grow between two uses."""

    def __init__(self, contract, pool):
        self.contract, self.pool = contract, pool

    def known_id(self):
        # Hypothesis must draw the same whatever was answered in between: a number, not one of the ids.
        known = st.integers(0, 2 ** 16).map(lambda number: self.pool[number % len(self.pool)])
        return st.one_of(known, known, st.binary(min_size=16, max_size=16).map(bytes.hex))

    def text(self, schema):
        if "enum" in schema:
            return st.sampled_from(schema["enum"])
        if schema.get("format") == "date":
            return st.sampled_from(
                ["2026-06-12", "2026-01-01", "1959-01-01", "2024-02-29", "1900-01-01",
                 "2099-12-31"])
        if schema.get("format") == "date-time":
            return st.sampled_from(["2026-06-12T09:30:00Z", "2026-01-01T00:00:00.5Z",
                                    "2016-12-31T23:59:59Z"])
        pattern = schema.get("pattern", "")
        low, high = schema.get("minLength", 0), schema["maxLength"]
        if pattern == "^[0-9a-f]{32}$":
            return self.known_id()
        if not pattern or pattern.startswith("^[^"):
            plain = LETTERS.map(lambda text: text[:high])
            return plain.filter(lambda text: len(text) >= low
                                and (not pattern or re.search(pattern, text)))
        return st.from_regex(re.compile(pattern, re.ASCII), fullmatch=True).filter(
            lambda text: low <= len(text) <= high)

    def value(self, schema):
        """Values that the document allows."""
        schema = self.contract.flat(schema)
        kind = schema.get("type")
        if kind == "string":
            return self.text(schema)
        if kind == "integer":
            low, high = schema["minimum"], schema["maximum"]
            return st.one_of(st.integers(low, high), st.sampled_from([low, high]),
                             st.integers(low, min(high, low + 50)))
        if kind == "boolean":
            return st.booleans()
        if kind == "array":
            return st.lists(self.value(schema["items"]), min_size=schema.get("minItems", 0),
                            max_size=min(3, schema["maxItems"]))
        properties = schema.get("properties", {})
        must = schema.get("required", [])
        return st.fixed_dictionaries(
            {name: self.value(properties[name]) for name in must},
            optional={name: self.value(each) for name, each in properties.items()
                      if name not in must})

    # ---- requests: (query, headers, path values, body bytes or None)
    def query(self, operation):
        all_of = [each for each in self.contract.parameters(operation) if each["in"] == "query"]
        return st.fixed_dictionaries(
            {each["name"]: self.value(each["schema"]) for each in all_of if each.get("required")},
            optional={each["name"]: self.value(each["schema"]) for each in all_of
                      if not each.get("required") and each["name"] != "min_position"})

    def path(self, operation):
        return st.fixed_dictionaries({each["name"]: self.value(each["schema"])
                                      for each in self.contract.parameters(operation)
                                      if each["in"] == "path"})

    def body(self, operation):
        schema = self.contract.body_schema(operation)
        return st.none() if schema is None else self.value(schema)

    def broken_body(self, operation):
        """Bytes that the document refuses, whatever the rest of the request says."""
        schema = self.contract.flat(self.contract.body_schema(operation))
        properties = schema["properties"]

        def damage(pair):
            body, (kind, name, wrong) = pair
            body = dict(body)
            if kind == "unknown":
                body["sconosciuto"] = wrong
            elif kind == "missing":
                body.pop(name, None)
            else:
                body[name] = wrong
            return body

        must = schema.get("required", [])
        kinds = [st.tuples(st.just("unknown"), st.none(), WRONG),
                 st.tuples(st.just("wrong"), st.sampled_from(sorted(properties)), WRONG)]
        if must:
            kinds.append(st.tuples(st.just("missing"), st.sampled_from(sorted(must)), st.none()))
        damaged = st.tuples(self.value(schema), st.one_of(kinds)).map(damage).filter(
            lambda body: not self.fits(schema, body)).map(
                lambda body: json.dumps(body).encode("utf-8"))
        return st.one_of(damaged, damaged, st.sampled_from(BROKEN))

    def fits(self, schema, body):
        """Whether the document, or its rule that null is absent, allows the body."""
        body = {name: value for name, value in body.items() if value is not None}
        return self.contract.allows(body, schema)

    def broken_query(self):
        return st.sampled_from([{"limit": "0"}, {"limit": "101"}, {"limit": "x"},
                                {"cursor": "!"}, {"cursor": "QQ"}, {"min_position": "-1"},
                                {"min_position": "x"}, {"as_of": "ieri"}, {"valid_at": "1"},
                                {"as_of": "99999999999999999999"}, {"from": "1999-02-30"},
                                {"operator": "0"}, {"sector": "zz"}, {"state": "morto"}])

    def broken_headers(self):
        return st.sampled_from([{"Idempotency-Key": ""}, {"Idempotency-Key": "x"},
                                {"Idempotency-Key": "0" * 36}, {"If-Match": "*"},
                                {"If-Match": '"x"'}, {"If-Match": "x" * 3000},
                                {"Last-Event-ID": "x"}, {"Content-Type": "text/plain"},
                                {"Content-Type": "application/xml; charset=utf-16"}])
