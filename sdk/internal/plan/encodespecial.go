// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package plan

import (
	"strconv"
	"time"
	"unsafe"
)

func (w *writer) special(s Special, p unsafe.Pointer) {
	switch s {
	case RawText:
		if raw := *(*string)(p); raw != "" {
			w.text(raw)
			return
		}
		w.text("null")
	case Timestamp:
		w.time(*(*Moment)(p), time.RFC3339)
	case MicroTime:
		w.time(*(*Moment)(p), "2006-01-02T15:04:05.000000Z07:00")
	case NumberOrText:
		w.intOrString(*(*IntOrString)(p))
	case Pairs:
		w.pairs(*(*[]Pair)(p))
	}
}

func (w *writer) time(m Moment, layout string) {
	if m.IsZero() {
		w.text("null")
		return
	}
	w.b = append(m.UTC().AppendFormat(append(w.b, '"'), layout), '"')
}

func (w *writer) intOrString(v IntOrString) {
	switch v.Kind {
	case 1:
		w.b = strconv.AppendInt(w.b, v.Int, 10)
	case 2:
		w.b = appendString(w.b, v.Text)
	default:
		w.text("null")
	}
}

func (w *writer) pairs(pairs []Pair) {
	if pairs == nil {
		w.text("null")
		return
	}
	w.text("{")
	for i := range pairs {
		if i > 0 {
			w.text(",")
		}
		w.b = append(appendString(w.b, pairs[i].Key), ':')
		w.b = appendString(w.b, pairs[i].Value)
	}
	w.text("}")
}
