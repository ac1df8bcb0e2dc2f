// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"slices"
	"strconv"
	"strings"
)

// ParseShape returns the shape that text describes in the form of
// [Shape.String]. It does not validate the shape. Errors are a [ShapeError]
// whose Cause quotes the text from where it is not understood.
func ParseShape(text string) (Shape, error) {
	p := parser{rest: text}
	s, ok := p.shape(maxDepth)
	if !ok || p.rest != "" {
		return Shape{}, &ShapeError{Cause: "not understood from " + strconv.Quote(p.rest)}
	}
	return s, nil
}

// parser consumes rest from the left. Its methods report false where it
// should have been something else.
type parser struct{ rest string }

func (p *parser) take(prefix string) bool {
	rest, ok := strings.CutPrefix(p.rest, prefix)
	p.rest = rest
	return ok
}

func (p *parser) shape(depth int) (s Shape, ok bool) {
	if depth == 0 {
		return s, false
	}
	if p.take("{") {
		s.Kind = Struct
		s.Fields, ok = p.fields(depth - 1)
	} else {
		s.Kind, ok = p.kind()
	}
	if ok && (s.Kind == List || s.Kind == Map) {
		var elem Shape
		ok = p.take("<")
		if ok {
			elem, ok = p.shape(depth - 1)
		}
		ok = ok && p.take(">")
		s.Elem = &elem
	}
	s.Optional = ok && p.take("?")
	return s, ok
}

func (p *parser) kind() (Kind, bool) {
	end := strings.IndexAny(p.rest, signs)
	if end < 0 {
		end = len(p.rest)
	}
	k := slices.Index(kindNames[:], p.rest[:end])
	if k <= 0 || Kind(k) == Struct {
		return Invalid, false
	}
	p.rest = p.rest[end:]
	return Kind(k), true
}

// fields reads what is behind the opening brace of a struct.
func (p *parser) fields(depth int) (fields []Field, ok bool) {
	for !p.take("}") {
		if len(fields) > 0 && !p.take(",") {
			return nil, false
		}
		f := Field{}
		if f.Name, ok = p.name(); !ok {
			return nil, false
		}
		if !strings.HasPrefix(p.rest, "{") && !p.take(" ") {
			return nil, false
		}
		if f.Shape, ok = p.shape(depth); !ok {
			return nil, false
		}
		fields = append(fields, f)
	}
	return fields, true
}

func (p *parser) name() (string, bool) {
	if strings.HasPrefix(p.rest, `"`) {
		quoted, _ := strconv.QuotedPrefix(p.rest)
		name, err := strconv.Unquote(quoted)
		p.rest = p.rest[len(quoted):]
		return name, err == nil
	}
	end := strings.IndexAny(p.rest, signs)
	if end <= 0 {
		return "", false
	}
	name := p.rest[:end]
	p.rest = p.rest[end:]
	return name, true
}
