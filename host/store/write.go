// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"encoding/json"
	"fmt"
)

// Written puts the API server's answer to a successful write, an object in
// JSON, into the cache at once, unless the cache has something newer. Watchers
// are told as if the watch had, and the event that repeats it is ignored.
func (v *View) Written(object []byte) error {
	if err := v.informer.written(object); err != nil {
		return fmt.Errorf("answer to a write of %s: %w", v.informer.name, err)
	}
	return nil
}

// Deleted takes the API server's answer to a successful delete, in JSON: the
// object, a Status, or nothing. An object that lives on, because it has a grace
// period or finalizers, is like one that was written. Any other is gone from
// the cache at once, and older events do not bring it back. uid is that of the
// deleted object if it is known.
func (v *View) Deleted(namespace, name, uid string, answer []byte) error {
	a := deleteAnswer{}
	if len(answer) > 0 {
		if err := json.Unmarshal(answer, &a); err != nil {
			return fmt.Errorf("answer to a delete of %s: %w", v.informer.name, err)
		}
	}
	if a.livesOn() {
		return v.Written(answer)
	}
	if told := a.uid(); told != "" {
		uid = told
	}
	v.informer.deleted(Key{Namespace: namespace, Name: name}, uid, parseVersion(a.Metadata.ResourceVersion))
	return nil
}

// deleteAnswer is what an API server answers to a delete: the object or a Status.
type deleteAnswer struct {
	Kind     string
	Metadata struct {
		UID                        string
		ResourceVersion            string
		DeletionTimestamp          *string
		DeletionGracePeriodSeconds int64
		Finalizers                 []string
	}
	Details struct{ UID string } // of a Status
}

func (a *deleteAnswer) livesOn() bool {
	m := &a.Metadata
	return a.Kind != statusKind && m.DeletionTimestamp != nil && (m.DeletionGracePeriodSeconds > 0 || len(m.Finalizers) > 0)
}

func (a *deleteAnswer) uid() string {
	if a.Kind == statusKind {
		return a.Details.UID
	}
	return a.Metadata.UID
}
