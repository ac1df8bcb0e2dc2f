// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"reflect"
	"slices"
)

// AppendFields appends the members of an object and its closing brace to b,
// which ends inside the same object, behind a member.
func AppendFields(b []byte, object any) ([]byte, error) {
	start := len(b)
	b, err := AppendJSON(b, object)
	if err != nil {
		return b, err
	}
	body := trimSpace(b[start:])
	if len(body) < 2 || body[0] != '{' {
		return b, &ValueError{Cause: "the value is no object"}
	}
	if body = trimSpace(body[1:]); body[0] == '}' {
		return append(b[:start], '}'), nil
	}
	b = append(b, 0) // room for the comma, if the object has no space before its first member
	copy(b[start+1:], body)
	b[start] = ','
	return b[:start+1+len(body)], nil
}

func trimSpace(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\n' || b[0] == '\t' || b[0] == '\r') {
		b = b[1:]
	}
	return b
}

// HasField reports whether a struct type, or the type that v points to, has a
// JSON field of the name, and whether a map or raw text has it.
func HasField(v any, name string) bool {
	switch v := v.(type) {
	case nil:
		return false
	case map[string]any:
		_, found := v[name]
		return found
	}
	t := reflect.TypeOf(v)
	if specials[t] == RawText {
		return rawHasField(reflect.ValueOf(v).String(), name)
	}
	p, err := For(t)
	if err != nil {
		return false
	}
	n := &p.root
	if n.target != nil {
		n = n.target
	}
	return slices.ContainsFunc(n.members, func(m *member) bool { return m.name == name })
}

// rawHasField reports whether JSON text is an object with a member of the
// name, which is written without escapes.
func rawHasField(text, name string) bool {
	depth, key := 0, false // key: the next string at depth 1 is a name
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '{', '[':
			depth++
			key = text[i] == '{'
		case '}', ']':
			depth--
		case ',':
			key = true
		case ':':
			key = false
		case '"':
			end := stringEnd(text, i)
			if key && depth == 1 && text[i+1:end] == name {
				return true
			}
			i = end
		}
	}
	return false
}

// stringEnd returns the position of the quote that ends the string at start,
// or the end of the text.
func stringEnd(text string, start int) int {
	for i := start + 1; i < len(text); i++ {
		switch text[i] {
		case '\\':
			i++
		case '"':
			return i
		}
	}
	return len(text)
}
