// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package project

import (
	"time"

	"github.com/wasm-controller-manager/wcm/abi/record"
)

// wellKnown appends a value whose message stands for one value in JSON. It
// begins at start, with its presence byte.
func (w *protoWalk) wellKnown(dst []byte, p *protoPlan, f *wireField, start int) ([]byte, bool) {
	var parts [4]wireField
	part := wireField{}
	for i := f.start; i < f.end; i = part.end {
		if !part.read(w.data, i, f.end) {
			return dst, w.malformed(p, i, "not a protobuf field")
		}
		if part.number < uint32(len(parts)) {
			parts[part.number] = part
		}
	}
	text := func(i int) []byte { return valid(w.data[parts[i].start:parts[i].end]) }
	switch p.form {
	case formQuantity:
		if parts[1].number == 0 {
			return record.AppendString(dst, "0"), true
		}
		return record.AppendString(dst, text(1)), true
	case formDuration:
		return record.AppendString(dst, time.Duration(parts[1].value).String()), true
	case formIntOrString:
		switch parts[1].value {
		case 0:
			return record.AppendInt(append(dst, 1), int64(int32(parts[2].value))), true
		case 1:
			return record.AppendString(append(dst, 2), text(3)), true
		}
	case formTime, formMicroTime:
		t := time.Unix(int64(parts[1].value), 0).UTC()
		if f.start < f.end && !t.IsZero() && t.Year() >= 0 && t.Year() <= maxYear {
			return record.AppendTime(dst, t.Unix(), p.nanoseconds(&parts[2])), true
		}
	}
	return append(dst[:start], p.zero...), true
}

// nanoseconds returns the part of a second that JSON has: none of a Time,
// microseconds of a MicroTime.
func (p *protoPlan) nanoseconds(f *wireField) uint32 {
	if p.form == formTime || f.value > 999_999_999 {
		return 0
	}
	return uint32(f.value / 1000 * 1000)
}
