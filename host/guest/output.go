// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package guest

import "bytes"

// outputLimit is how much of what a guest writes is kept, in bytes.
const outputLimit = 8 << 10

// output keeps the last outputLimit bytes that were written to it.
type output struct {
	buffer  []byte
	dropped bool
}

// Write never fails.
func (o *output) Write(p []byte) (int, error) {
	n := len(p)
	if len(p) > outputLimit {
		p, o.dropped = p[len(p)-outputLimit:], true
	}
	if excess := len(o.buffer) + len(p) - outputLimit; excess > 0 {
		o.buffer = append(o.buffer[:0], o.buffer[excess:]...)
		o.dropped = true
	}
	o.buffer = append(o.buffer, p...)
	return n, nil
}

// text returns what is kept, from the first whole line if something was
// dropped. It aliases the buffer.
func (o *output) text() []byte {
	if !o.dropped {
		return o.buffer
	}
	if i := bytes.IndexByte(o.buffer, '\n'); i >= 0 {
		return o.buffer[i+1:]
	}
	return o.buffer
}

func (o *output) reset() { o.buffer, o.dropped = o.buffer[:0], false }
