// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"slices"
	"strings"
	"testing"

	"github.com/wasm-controller-manager/wcm/abi"
)

// TestIndexesOfOneField: plugins that expect different things of a field have
// an index each, and none sees what the other expects.
func TestIndexesOfOneField(t *testing.T) {
	s := NewSet(Options{Logger: testLogger(t)})
	index := abi.Index{Kind: abi.IndexField, Key: "spec.x"}
	objects := []string{`{"metadata":{"name":"none"}}`, `{"metadata":{"name":"zero"},"spec":{"x":0}}`, `{"metadata":{"name":"seven"},"spec":{"x":7}}`, `{"metadata":{"name":"text"},"spec":{"x":"7"}}`}
	views := map[string]*View{}
	for _, projection := range []string{`{spec{x int}}`, `{spec{x int?}}`, `{spec{x string}?}`, `{status{x int}}`, `{spec{x raw}}`} {
		o := ViewOptions{Resource: pods, Kind: "Pod", Projection: shape(t, projection), Indexes: []abi.Index{index}}
		if strings.Contains(projection, "raw") {
			o.Indexes = nil // only makes the layout wider
		}
		views[projection] = filled(t, s, o, objects...)
	}
	for _, c := range []struct{ projection, value, want string }{
		{`{spec{x int}}`, "0", "none text zero"},
		{`{spec{x int}}`, "7", "seven"},
		{`{spec{x int}}`, "", ""},
		{`{spec{x int?}}`, "0", "zero"},
		{`{spec{x int?}}`, "", "none text"},
		{`{spec{x string}?}`, "7", "seven text"},
		{`{spec{x string}?}`, "", "none"},
		{`{status{x int}}`, "7", "seven text"},
		{`{status{x int}}`, "", "none"},
	} {
		var got []string
		err := views[c.projection].List(ListQuery{Index: index, Value: c.value}, func(rec []byte) bool {
			h := cut(rec)
			got = append(got, string(h.name))
			return true
		})
		slices.Sort(got)
		if text := strings.Join(got, " "); text != c.want || err != nil {
			t.Errorf("plugin that reads %s: List(spec.x = %q) = %q, %v, want %q", c.projection, c.value, text, err, c.want)
		}
	}
}
