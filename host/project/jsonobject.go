// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package project

import (
	"bytes"

	"github.com/wasm-controller-manager/wcm/abi/record"
)

// key reads a key and its colon. The quote must be at pos, and pos is then at
// the value. The key aliases the data or s.text.
func (s *scanner) key(p *jsonPlan) ([]byte, bool) {
	if at(s.data, s.pos) != '"' {
		return nil, s.malformed(p, s.pos)
	}
	text, ok := s.string(p)
	if !ok {
		return nil, false
	}
	if s.pos = skipSpace(s.data, s.pos); at(s.data, s.pos) != ':' {
		return nil, s.malformed(p, s.pos)
	}
	s.pos = skipSpace(s.data, s.pos+1)
	return text, true
}

// next is called behind an element of an object or array. It reports whether
// another one follows and moves pos to it, or behind the closing bracket.
func (s *scanner) next(p *jsonPlan, closing byte) (more, ok bool) {
	s.pos = skipSpace(s.data, s.pos)
	switch at(s.data, s.pos) {
	case ',':
		s.pos = skipSpace(s.data, s.pos+1)
		return true, true
	case closing:
		s.pos++
		return false, true
	}
	return false, s.malformed(p, s.pos)
}

// enter moves pos behind an opening bracket and reports whether there is an
// element; if not, pos is behind the closing bracket.
func (s *scanner) enter(closing byte) (more bool) {
	if s.pos = skipSpace(s.data, s.pos+1); at(s.data, s.pos) == closing {
		s.pos++
		return false
	}
	return true
}

// object appends the fields of a struct; pos is at its brace.
func (s *scanner) object(p *jsonPlan) bool {
	base, first := len(s.out), len(s.segments)
	s.segments = append(s.segments, p.unset...)
	for more := s.enter('}'); more; {
		key, ok := s.key(p)
		if !ok {
			return false
		}
		if m := p.keys.find(key); m != nil {
			ok = s.member(p, m, first)
		} else {
			ok = s.skip(p)
		}
		if !ok {
			return false
		}
		if more, ok = s.next(p, '}'); !ok {
			return false
		}
	}
	s.arrange(p, base, s.segments[first:])
	s.segments = s.segments[:first]
	return true
}

// member handles the value of a key that is wanted. A repeated key replaces
// what an earlier one left.
func (s *scanner) member(p *jsonPlan, m *member, first int) bool {
	start := s.pos
	if m.holdsHeader {
		s.header = [slotCount][]byte{}
	}
	if m.slot >= 0 && !s.headerPart(p, m.slot) {
		return false
	}
	if m.hidden != nil {
		s.pos = start
		if !s.value(m.hidden) {
			return false
		}
	}
	for _, i := range m.outputs {
		s.pos = start
		from := len(s.out)
		if !s.value(p.fields[i]) {
			return false
		}
		s.segments[first+i] = segment{from + 1, len(s.out) + 1}
	}
	return true
}

// headerPart keeps a string for the header and moves pos behind it.
func (s *scanner) headerPart(p *jsonPlan, slot int) bool {
	s.header[slot] = nil
	start := s.pos
	if c := at(s.data, start); c != '"' {
		if c != 'n' {
			s.odd.note(start, &textShape)
		}
		return s.skip(p)
	}
	text, ok := s.string(p)
	if ok && slot == slotVersion {
		if _, err := parseVersion(text); err != nil {
			s.odd.note(start, nil)
		}
	}
	if ok && len(s.text) > 0 && len(text) > 0 && &text[0] == &s.text[0] {
		n := len(s.headerText)
		s.headerText = append(s.headerText, text...)
		text = s.headerText[n:]
	}
	s.header[slot] = text
	return ok
}

// arrange brings the fields into canonical order. They begin at base, in the
// order of the document; it is a copy to the end of out and back.
func (s *scanner) arrange(p *jsonPlan, base int, found []segment) {
	at, sorted := base+1, true
	for _, f := range found {
		if f.start != at {
			sorted = false
			break
		}
		at = f.end
	}
	if sorted && at == len(s.out)+1 {
		return
	}
	end := len(s.out)
	for i, f := range found {
		if f.end == 0 {
			s.out = append(s.out, p.fields[i].zero...)
		} else {
			s.out = append(s.out, s.out[f.start-1:f.end-1]...)
		}
	}
	s.out = s.out[:base+copy(s.out[base:], s.out[end:])]
}

// elements appends a list; pos is at its bracket.
func (s *scanner) elements(p *jsonPlan) bool {
	base := len(s.out)
	s.out = append(s.out, 0)
	n := 0
	for more := s.enter(']'); more; n++ {
		ok := s.value(p.elem)
		if !ok {
			return false
		}
		if more, ok = s.next(p, ']'); !ok {
			return false
		}
	}
	s.out = putUvarint(s.out, base, n)
	return true
}

// entries appends a map; pos is at its brace.
func (s *scanner) entries(p *jsonPlan) bool {
	base := len(s.out)
	s.out = append(s.out, 0)
	n, last, sorted := 0, 0, true
	for more := s.enter('}'); more; n++ {
		key, ok := s.key(p)
		if !ok {
			return false
		}
		from := len(s.out)
		s.out = record.AppendString(s.out, key)
		if n > 0 && sorted {
			sorted = bytes.Compare(entryKey(s.out, last), entryKey(s.out, from)) < 0
		}
		last = from
		if !s.value(p.elem) {
			return false
		}
		if more, ok = s.next(p, '}'); !ok {
			return false
		}
	}
	if !sorted {
		s.out, n = sortEntries(s.out, base+1, n, p.elem.shape)
	}
	s.out = putUvarint(s.out, base, n)
	return true
}
