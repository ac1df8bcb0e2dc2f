// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/wasm-controller-manager/wcm/abi"
	"github.com/wasm-controller-manager/wcm/abi/record"
	"github.com/wasm-controller-manager/wcm/host/project"
)

// layout is one union shape with what makes and reads records of it.
type layout struct {
	shape record.Shape
	hash  uint64
	json  *project.JSON
	proto *project.Proto // nil: the API server is asked for JSON only
	// mismatched is told of objects that have a value of another type than the
	// shape's. Their records are whole, without that value.
	mismatched func(*record.MismatchError)
	// failed is told of watches that the API server ends with an error.
	failed func()
}

// newLayout makes the layout of a canonical union. compiled is the Go type of
// the resource, nil if this program has none. Protobuf is used if the type
// knows every field of the shape in the form that the shape asks for.
func newLayout(shape record.Shape, compiled reflect.Type) *layout {
	l := &layout{shape: shape, hash: shape.Hash(), mismatched: func(*record.MismatchError) {}, failed: func() {}}
	l.json = project.NewJSON(&l.shape)
	if compiled != nil {
		if p, err := project.NewProto(&l.shape, compiled); err == nil {
			l.proto = p
		}
	}
	return l
}

// record returns the record of an object in JSON.
func (l *layout) record(object []byte) ([]byte, error) {
	rec, err := l.json.Append(nil, object)
	return rec, l.tolerate(err)
}

// tolerate passes a mismatch on to who wants to know, and returns other errors.
func (l *layout) tolerate(err error) error {
	mismatch, ok := errors.AsType[*record.MismatchError](err)
	if ok {
		l.mismatched(mismatch)
		return nil
	}
	return err
}

// covers reports whether the layout has everything that the shape has.
func (l *layout) covers(s *record.Shape) bool {
	u := record.Union(l.shape, *s)
	return u.Hash() == l.hash
}

// part returns what turns bodies of the layout into bodies of the shape.
func (l *layout) part(s *record.Shape) (*project.Transcoder, error) {
	return project.NewTranscoder(&l.shape, s)
}

// indexSpec is an index with the shape of the field that it reads, so that
// plugins which expect different things of a field do not share one.
type indexSpec struct {
	abi.Index
	kind record.Kind
}

func newIndexSpec(ix abi.Index, projection *record.Shape) indexSpec {
	spec := indexSpec{Index: ix}
	if ix.Kind == abi.IndexField {
		spec.kind = fieldKind(ix.Key, projection)
	}
	return spec
}

// fieldKind returns the kind in which a projection has a field, String if it
// does not have it.
func fieldKind(path string, projection *record.Shape) record.Kind {
	if at := shapeAt(projection, path); at != nil {
		return at.Kind
	}
	return record.String
}

// value returns what an index files bodies of this layout under.
func (l *layout) value(ix indexSpec) valueFunc {
	switch ix.Index.Kind {
	case abi.IndexOwner:
		return func(body []byte) ([]byte, bool) { return controllerUID(body, &l.shape), true }
	case abi.IndexLabel:
		return func(body []byte) ([]byte, bool) { return labelsOf(body, &l.shape).find(ix.Key) }
	default:
		want := &record.Shape{Kind: ix.kind}
		return func(body []byte) ([]byte, bool) { return textAt(body, &l.shape, ix.Key, want), true }
	}
}

// indexNeeds returns the field that an index reads. The projection's own shape
// of it counts if it has one; any other field is read as text.
func indexNeeds(ix abi.Index, projection *record.Shape) (record.Shape, error) {
	switch ix.Kind {
	case abi.IndexOwner:
		return shapeWith(pathOwners, ownersShape), nil
	case abi.IndexLabel:
		return shapeWith(pathLabels, labelsShape), nil
	case abi.IndexField:
		return fieldNeeds(ix.Key, projection)
	}
	return record.Shape{}, fmt.Errorf("index %q: unknown kind %d", ix.Key, ix.Kind)
}

// fieldNeeds returns a shape with the field at a path, of the kind that the
// projection has it in.
func fieldNeeds(path string, projection *record.Shape) (record.Shape, error) {
	if path == "" || strings.Contains("."+path+".", "..") {
		return record.Shape{}, fmt.Errorf("field path %q: want names with dots between, such as spec.nodeName", path)
	}
	kind := fieldKind(path, projection)
	switch {
	case !scalar(kind):
		return record.Shape{}, fmt.Errorf("field path %q: is a %s in the projection, want a scalar", path, kind)
	case shapeAt(projection, path) != nil:
		return record.Shape{Kind: record.Struct}, nil
	}
	return shapeWith(path, record.Shape{Kind: kind}), nil
}

func scalar(k record.Kind) bool {
	switch k {
	case record.Bool, record.Int, record.String, record.IntOrString:
		return true
	}
	return false
}
