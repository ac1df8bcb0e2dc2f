// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdk

import (
	"context"

	"github.com/wasm-controller-manager/wcm/abi"
)

// listing goes over the records of a list, which comes in pages. Each is an
// [abi.ListResult] and is read in place: a slice of its items would take more
// room than many of them.
type listing struct {
	resource *resource
	request  abi.ListRequest
	last     bool // there is no page behind this one
	page     string
	at       int // where in the page
	err      error
}

func (r *resource) listing(options []ListOption) *listing {
	l := &listing{resource: r, request: abi.ListRequest{Resource: r.index, Live: r.live(), Target: r.target}}
	for _, option := range options {
		option.list(&l.request)
	}
	return l
}

// fetch asks for the next page and reports whether there is one.
func (l *listing) fetch(ctx context.Context) bool {
	if l.last || l.err != nil {
		return false
	}
	in := instanceFrom(ctx)
	request := in.requests.take()
	request.b = l.request.Append(request.b)
	answer := in.list(ctx, request.b)
	in.requests.put(request)
	if answer.status != abi.StatusOK {
		l.err = answer.failure(abi.OpList, l.resource, l.key())
		return false
	}
	l.page, l.at, l.last = answer.text(), 0, true
	return true
}

func (l *listing) key() Key { return Key{Namespace: l.request.Namespace} }

// fail ends the listing because a page is not what it should be.
func (l *listing) fail(cause string) {
	l.err, l.at = l.resource.malformed(abi.OpList, l.key(), cause), len(l.page)
}

// The tags of the fields of ListResult, items = 1 and continue = 2, and the
// wire type of both.
const (
	itemTag     = 1<<3 | textWire
	continueTag = 2<<3 | textWire
	textWire    = 2
)

// next returns the next record of the page, false at its end and if the page is
// malformed. A field that a later version adds is passed over.
func (l *listing) next() (rec string, more bool) {
	for l.at < len(l.page) {
		tag, start, end := cut(l.page, l.at)
		if end < 0 {
			l.fail("the list is not a message")
			break
		}
		value := l.page[start:end]
		l.at = end
		switch tag {
		case itemTag:
			return own(value), true
		case continueTag:
			l.request.Continue, l.last = value, value == ""
		}
	}
	return "", false
}

// cut reads the tag and the length of a field and returns where its text is;
// the end is -1 if there is none.
func cut(s string, at int) (tag byte, start, end int) {
	tag, at = s[at], at+1
	if tag&7 != textWire {
		return tag, 0, -1
	}
	length := 0
	for shift := 0; at < len(s) && shift < 32; shift += 7 {
		c := s[at]
		at++
		length |= int(c&0x7f) << shift
		if c < 0x80 && length <= len(s)-at {
			return tag, at, at + length
		}
		if c < 0x80 {
			break
		}
	}
	return tag, 0, -1
}

// count returns how many records the page has from here on, as far as it is
// well formed.
func (l *listing) count() int {
	n := 0
	for at := l.at; at >= 0 && at < len(l.page); {
		var tag byte
		if tag, _, at = cut(l.page, at); tag == itemTag {
			n++
		}
	}
	return n
}
