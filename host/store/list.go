// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"errors"
	"fmt"

	"k8s.io/apimachinery/pkg/labels"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/abi/record"
)

// ListQuery says which objects are wanted. The zero value means all.
type ListQuery struct {
	Namespace string          // empty: all
	Index     abi.Index       // of Kind IndexNone, or one that the view was opened with
	Value     string          // what the index is to find
	Selector  labels.Selector // nil: everything
}

// The errors of [View.List].
var (
	ErrNotSynced = errors.New("the cache is not filled yet")
	ErrNoIndex   = errors.New("the view has no such index")
	ErrNoLabels  = errors.New("a label selector needs metadata.labels in the projection")
)

// List visits the records of the objects that the query finds, in the
// projection, until visit returns false. They are as of one moment and in no
// order that means anything. visit must not keep or modify rec.
func (v *View) List(q ListQuery, visit func(rec []byte) bool) error {
	l := v.lens.Load()
	if l == nil {
		return ErrNotSynced
	}
	selects, err := v.selects(l, q.Selector)
	if err != nil {
		return err
	}
	recs, err := v.find(l, q)
	if err != nil {
		return err
	}
	var buffer []byte
	for _, rec := range recs {
		if !v.showsRecord(rec) || selects != nil && !selects(rec) {
			continue
		}
		if !l.project.Same() {
			buffer = appendPart(buffer[:0], rec, l.project)
			rec = buffer
		}
		if !visit(rec) {
			return nil
		}
	}
	return nil
}

func (v *View) find(l *lens, q ListQuery) ([][]byte, error) {
	if q.Index.Kind == abi.IndexNone {
		return l.generation.table.all(q.Namespace), nil
	}
	recs, ok := l.generation.table.filed(newIndexSpec(q.Index, v.projection), q.Value, q.Namespace)
	if !ok {
		return nil, fmt.Errorf("index %d %q: %w", q.Index.Kind, q.Index.Key, ErrNoIndex)
	}
	return recs, nil
}

// has reports whether the shape, which is canonical, has everything of part.
func has(s *record.Shape, part record.Shape) bool {
	union := record.Union(*s, part)
	return union.Hash() == s.Hash()
}

// selects returns what decides whether a record is selected, nil if all are.
func (v *View) selects(l *lens, s labels.Selector) (func(rec []byte) bool, error) {
	if s == nil || s.Empty() {
		return nil, nil
	}
	if !v.labelled {
		return nil, ErrNoLabels
	}
	set := new(labelSet) // one for all: Matches takes an interface, which would allocate each
	return func(rec []byte) bool {
		set.Entries = l.generation.layout.labels.Entries(cut(rec).body)
		return s.Matches(set)
	}, nil
}
