// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package guest

import "bytes"

// output keeps the last bytes that were written to it, up to a limit.
type output struct {
	limit   int
	buffer  []byte // at most twice the limit, so that old bytes are dropped rarely
	dropped bool
}

// Write never fails.
func (o *output) Write(p []byte) (int, error) {
	n := len(p)
	if len(p) > o.limit {
		p, o.dropped = p[len(p)-o.limit:], true
	}
	if len(o.buffer)+len(p) > 2*o.limit {
		o.buffer = append(o.buffer[:0], o.buffer[len(o.buffer)-o.limit:]...)
		o.dropped = true
	}
	o.buffer = append(o.buffer, p...)
	return n, nil
}

// text returns what is kept, from the first whole line if something was
// dropped. It aliases the buffer.
func (o *output) text() []byte {
	kept := o.buffer
	if len(kept) <= o.limit && !o.dropped {
		return kept
	}
	kept = kept[max(len(kept)-o.limit, 0):]
	if _, lines, found := bytes.Cut(kept, []byte("\n")); found && len(lines) > 0 {
		return lines
	}
	return kept
}

func (o *output) reset() { o.buffer, o.dropped = o.buffer[:0], false }
