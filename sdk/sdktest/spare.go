// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package sdktest

import (
	"encoding/json"
	"slices"
	"strconv"
	"strings"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/abi/record"
)

// spares reports whether a watch leaves out a change of an object.
func (e *Env) spares(c uint32, watch *abi.Watch, before, after Object) bool {
	if watch.SameNamespace && e.empty(e.primary(c), before, after) {
		return true
	}
	projection := e.description.Resources[watch.Resource].Projection
	meets := func(o Object) bool {
		return o != nil && !slices.ContainsFunc(watch.Where, func(c abi.Condition) bool { return !holds(c, projection, o) })
	}
	return !meets(before) && !meets(after)
}

// empty reports whether there is no primary object in the namespace of an object.
func (e *Env) empty(primary *abi.Resource, before, after Object) bool {
	o := after
	if o == nil {
		o = before
	}
	namespace := o.Key().Namespace
	e.mu.Lock()
	defer e.mu.Unlock()
	return !slices.ContainsFunc(e.store.list(primary), func(p *stored) bool { return p.Key().Namespace == namespace })
}

func holds(c abi.Condition, projection *record.Shape, o Object) bool {
	text, zero := textAt(projection, map[string]any(o), c.Field)
	if len(c.Values) > 0 {
		return slices.Contains(c.Values, text)
	}
	return text != "" && text != zero
}

// textAt returns the text of the scalar at a path in what a shape has of a value, of
// a list or map its length, and that of its zero value.
func textAt(s *record.Shape, v any, path string) (text, zero string) {
	members, _ := v.(map[string]any)
	switch s.Kind {
	case record.List:
		list, _ := v.([]any)
		return strconv.Itoa(len(list)), "0"
	case record.Map:
		if path == "" {
			return strconv.Itoa(len(members)), "0"
		}
		return textAt(s.Elem, members[path], "")
	case record.Struct:
		for i := range s.Fields {
			f := &s.Fields[i]
			if rest, found := strings.CutPrefix(path+".", f.Name+"."); found {
				return textAt(&f.Shape, members[f.Name], strings.TrimSuffix(rest, "."))
			}
		}
	case record.Bool:
		zero = "false"
	case record.Int, record.Float, record.IntOrString:
		zero = "0"
	}
	switch v := v.(type) {
	case string:
		return v, zero
	case json.Number:
		return v.String(), zero
	case bool:
		return strconv.FormatBool(v), zero
	}
	if s.Optional || s.Kind == record.IntOrString {
		return "", zero
	}
	return zero, zero
}

// settled reports whether an object stays, and all that it names as its owners.
func (v vertex) settled(all map[string]vertex) bool {
	if v.deleting() {
		return false
	}
	for _, ref := range v.object.owners() {
		uid, _ := ref["uid"].(string)
		owner, there := all[uid]
		if !there || owner.deleting() || !owner.is(ref) {
			return false
		}
		if in := owner.object.Key().Namespace; in != "" && in != v.object.Key().Namespace {
			return false
		}
	}
	return true
}

// is reports whether a reference with the object's uid is right in the rest, too.
func (v vertex) is(ref map[string]any) bool {
	version, _ := ref["apiVersion"].(string)
	group, _, grouped := strings.Cut(version, "/")
	if !grouped {
		group = ""
	}
	return ref["name"] == v.object.Key().Name && ref["kind"] == v.resource.Kind && group == v.resource.Group
}

// checkSpared reconciles the keys of changes that watches have left out: a host
// that ignores what they declare would, and nothing may come of it. It reports
// whether there were any.
func (e *Env) checkSpared() bool {
	e.t.Helper()
	spared := e.queue.spared
	e.queue.spared = map[item]bool{}
	for i := range spared {
		if _, waits := e.queue.due[i]; waits {
			continue // for another reason
		}
		writes, events := len(e.Writes()), e.Events()
		result, err := e.reconcile(i)
		if wrote := e.Writes()[writes:]; len(wrote) > 0 || !slices.Equal(events, e.Events()) || err == nil && result.RequeueAfter != 0 {
			e.t.Errorf("controller %s: what its watches leave out of %s is work: its reconcile has written %+v, now there are the events %+v, and it comes back after %s",
				e.description.Controllers[i.controller].Name, i.key, wrote, e.Events(), result.RequeueAfter)
		}
	}
	return len(spared) > 0
}
