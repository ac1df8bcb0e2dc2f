// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package store

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

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
	// metadata says that the shape has fields of the metadata alone: the API
	// server is asked for no more.
	metadata bool
	// labels and owners read bodies; each is nil if the shape has them not.
	labels *project.Map
	owners *project.Owners
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
	if l.metadata = metadataOnly(&shape); l.metadata {
		compiled = reflect.TypeFor[metav1.PartialObjectMetadata]() // also of custom resources
	}
	l.labels, _ = project.NewMap(&l.shape, project.LabelsPath)
	l.owners, _ = project.NewOwners(&l.shape)
	if compiled != nil {
		if p, err := project.NewProto(&l.shape, compiled); err == nil {
			l.proto = p
		}
	}
	return l
}

// metadataOnly reports whether a shape has fields of the metadata alone.
func metadataOnly(s *record.Shape) bool {
	return !slices.ContainsFunc(s.Fields, func(f record.Field) bool { return f.Name != "metadata" })
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

// indexSpec is an index with the form in which the projection has the field
// that it reads, so that plugins which expect different things of a field do not
// share one.
type indexSpec struct {
	abi.Index
	kind     record.Kind
	optional bool
}

func newIndexSpec(ix abi.Index, projection *record.Shape) indexSpec {
	spec := indexSpec{Index: ix}
	if ix.Kind == abi.IndexField {
		as := fieldForm(ix.Key, projection)
		spec.kind, spec.optional = as.Kind, as.Optional
	}
	return spec
}

// fieldForm returns how a projection has a field, text if it does not have it.
func fieldForm(path string, projection *record.Shape) record.Shape {
	if as, ok := project.FieldAt(projection, path); ok {
		return as
	}
	return record.Shape{Kind: record.String}
}

// value returns what an index files bodies of this layout under. The layout
// must have what the index reads.
func (l *layout) value(ix indexSpec) valueFunc {
	switch ix.Index.Kind {
	case abi.IndexOwner:
		return func(dst, body []byte) ([]byte, bool) {
			owner, _ := l.owners.Controller(body)
			return append(dst, owner.UID...), true
		}
	case abi.IndexLabel:
		return func(dst, body []byte) ([]byte, bool) {
			value, ok := l.labels.Lookup(body, ix.Key)
			return append(dst, value...), ok
		}
	default:
		field := must(project.NewPath(&l.shape, ix.Key, record.Shape{Kind: ix.kind, Optional: ix.optional}))
		return func(dst, body []byte) ([]byte, bool) {
			dst, _ = field.AppendText(dst, body)
			return dst, true // an absent field is an empty one
		}
	}
}

// must returns a reader of bodies that was made for a shape which is known to
// have what it reads.
func must[T any](reader T, err error) T {
	if err != nil {
		panic(err)
	}
	return reader
}

// indexNeeds returns the field that an index reads. The projection's own shape
// of it counts if it has one; any other field is read as text.
func indexNeeds(ix abi.Index, projection *record.Shape) (record.Shape, error) {
	switch ix.Kind {
	case abi.IndexOwner:
		return project.OwnersShape(), nil
	case abi.IndexLabel:
		return project.LabelsShape(), nil
	case abi.IndexField:
		return fieldNeeds(ix.Key, projection)
	}
	return record.Shape{}, fmt.Errorf("index %q: unknown kind %d", ix.Key, ix.Kind)
}

// fieldNeeds returns a shape with the field at a path, unless the projection
// has it.
func fieldNeeds(path string, projection *record.Shape) (record.Shape, error) {
	if path == "" || strings.Contains("."+path+".", "..") {
		return record.Shape{}, fmt.Errorf("field path %q: want names with dots between, such as spec.nodeName", path)
	}
	as, ok := project.FieldAt(projection, path)
	switch {
	case !ok:
		return project.FieldShape(path), nil
	case !project.Scalar(as.Kind):
		return record.Shape{}, fmt.Errorf("field path %q: is a %s in the projection, want a scalar", path, as.Kind)
	}
	return record.Shape{Kind: record.Struct}, nil
}
