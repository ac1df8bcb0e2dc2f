// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"slices"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/abi/record"
	"github.com/wasm-controller-manager/wcm/host/project"
)

// conditions are those of a watcher, for bodies of one layout.
type conditions []condition

// condition is one of them.
type condition struct {
	count  *project.Count // nil: the rest counts
	field  *project.Path
	values []string // none: all but zero
	zero   string   // the text of the zero value
}

// newConditions returns conditions for bodies of a layout, or an error if a
// field is not in the projection, or cannot be compared. The layout must have all of
// the projection.
func newConditions(where []abi.Condition, projection, layout *record.Shape) (conditions, error) {
	var all conditions
	for _, c := range where {
		as, _ := project.FieldAt(projection, c.Field)
		one := condition{values: c.Values, zero: zeroText(as.Kind)}
		var err error
		if project.Collection(as.Kind) && len(c.Values) == 0 {
			one.count, err = project.NewCount(layout, c.Field, as)
		} else {
			one.field, err = project.NewPath(layout, c.Field, as)
		}
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return all, nil
}

// zeroText is the text of a kind's zero value.
func zeroText(k record.Kind) string {
	switch k {
	case record.Bool:
		return "false"
	case record.Int, record.Float, record.IntOrString:
		return "0"
	}
	return ""
}

// hold reports whether a record meets all conditions. There is none for nil.
func (all conditions) hold(rec []byte) bool {
	if rec == nil {
		return false
	}
	body := cut(rec).body
	return !slices.ContainsFunc(all, func(c condition) bool { return !c.holds(body) })
}

func (c *condition) holds(body []byte) bool {
	if c.count != nil {
		return c.count.Of(body) > 0
	}
	var buffer [64]byte
	text, _ := c.field.AppendText(buffer[:0], body)
	if len(c.values) > 0 {
		return slices.Contains(c.values, string(text))
	}
	return len(text) > 0 && string(text) != c.zero
}
