// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package store

import "slices"

// audience is the watchers of one resource. They are filed by the namespaces
// of which they can see something, so that a change in another namespace costs
// nothing, however many they are.
type audience struct {
	all      []*watcher
	anywhere []*watcher            // those of them whose views are of all namespaces
	within   map[string][]*watcher // the others
}

func (a *audience) add(w *watcher) {
	a.all = append(a.all, w)
	if w.view.namespaces == nil {
		a.anywhere = append(a.anywhere, w)
		return
	}
	if a.within == nil {
		a.within = map[string][]*watcher{}
	}
	for _, namespace := range w.view.namespaces {
		a.within[namespace] = append(a.within[namespace], w)
	}
}

// remove takes the watchers out of a view that go.
func (a *audience) remove(v *View, goes func(*watcher) bool) {
	a.all = slices.DeleteFunc(a.all, goes)
	a.anywhere = slices.DeleteFunc(a.anywhere, goes)
	for _, namespace := range v.namespaces {
		left := slices.DeleteFunc(a.within[namespace], goes)
		if len(left) == 0 {
			delete(a.within, namespace)
			continue
		}
		a.within[namespace] = left
	}
}

// tell tells those of a change who may see it.
func (a *audience) tell(c change) {
	for _, w := range a.anywhere {
		w.consider(c)
	}
	if len(a.within) == 0 {
		return
	}
	for _, w := range a.within[string(cut(c.record()).namespace)] {
		w.consider(c)
	}
}
