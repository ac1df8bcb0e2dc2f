// SPDX-FileCopyrightText: The wasm-controller-manager Authors
// SPDX-License-Identifier: Apache-2.0

package recordjson_test

import (
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/tools/txtar"

	"github.com/wasm-controller-manager/wcm/abi/record"
	"github.com/wasm-controller-manager/wcm/abi/record/recordjson"
)

// The vectors are the contract. After -update commit only a difference that
// you can explain: bytes that change are another ABI.
var update = flag.Bool("update", false, "rewrite the results in abi/testdata/vectors; see the warning beside this flag")

// vectors calls visit for each archive that matches and, with -update, writes
// back what visit made of it.
func vectors(t *testing.T, pattern string, visit func(t *testing.T, a archive)) {
	paths, err := filepath.Glob(filepath.Join("..", "..", "testdata", "vectors", pattern))
	if err != nil || len(paths) == 0 {
		t.Fatalf("vectors %s: %d files, %v", pattern, len(paths), err)
	}
	for _, path := range paths {
		t.Run(filepath.Base(path), func(t *testing.T) {
			a, err := txtar.ParseFile(path)
			if err != nil {
				t.Fatal(err)
			}
			visit(t, archive{a})
			if *update {
				if err := os.WriteFile(path, txtar.Format(a), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

type archive struct{ *txtar.Archive }

// text returns a file without its last line break, "" if there is none.
func (a archive) text(name string) string {
	for _, f := range a.Files {
		if f.Name == name {
			return strings.TrimSuffix(string(f.Data), "\n")
		}
	}
	return ""
}

// expect compares a result with the file, or with -update makes it the file.
func (a archive) expect(t *testing.T, name, got string) {
	t.Helper()
	if !*update {
		if want := a.text(name); got != want {
			t.Errorf("%s is\n%s\nwant\n%s", name, got, want)
		}
		return
	}
	for i := range a.Files {
		if a.Files[i].Name == name {
			a.Files[i].Data = []byte(got + "\n")
		}
	}
}

// TestRecordVectors runs record-*.txtar: "object" in the shape "shape" is the
// record "hex", which renders as "json"; "mismatch" is what the converter
// says about the object, if anything, and "hash" identifies the shape.
func TestRecordVectors(t *testing.T) {
	vectors(t, "record-*.txtar", func(t *testing.T, a archive) {
		shape := parse(t, a.text("shape"))
		rec, err := recordjson.FromJSON(shape, []byte(a.text("object")))
		a.expect(t, "mismatch", message(err))
		a.expect(t, "hash", fmt.Sprintf("%#016x", shape.Hash()))
		a.expect(t, "hex", annotate(t, shape, rec))
		if want := unhex(t, a.text("hex")); !*update && string(rec) != string(want) {
			t.Errorf("the record is\n%x\nwant\n%x", rec, want)
		}
		rendered, err := recordjson.ToJSON(shape, rec)
		if err != nil {
			t.Fatal(err)
		}
		a.expect(t, "json", string(rendered))
	})
}

// TestMalformedVectors runs malformed-records.txtar: CASE.bad is no record of
// CASE.shape for the reason in CASE.error.
func TestMalformedVectors(t *testing.T) {
	vectors(t, "malformed-records.txtar", func(t *testing.T, a archive) {
		for _, f := range a.Files {
			title, isBad := strings.CutSuffix(f.Name, ".bad")
			if !isBad {
				continue
			}
			err := record.Check(unhex(t, string(f.Data)), parse(t, a.text(title+".shape")))
			a.expect(t, title+".error", message(err))
		}
	})
}

// TestShapeVectors runs shapes.txtar: CASE.shape has the hash CASE.hash or is
// refused with CASE.error, and CASE.union is the union of CASE.a and CASE.b.
func TestShapeVectors(t *testing.T) {
	vectors(t, "shapes.txtar", func(t *testing.T, a archive) {
		for _, f := range a.Files {
			switch title, kind, _ := strings.Cut(f.Name, "."); kind {
			case "shape":
				shape := parse(t, a.text(f.Name))
				a.expect(t, title+".error", message(shape.Validate()))
				if a.text(title+".hash") != "" {
					a.expect(t, title+".hash", fmt.Sprintf("%#016x", shape.Hash()))
				}
			case "union":
				union := record.Union(*parse(t, a.text(title+".a")), *parse(t, a.text(title+".b")))
				a.expect(t, f.Name, union.String())
			}
		}
	})
}

// annotate renders a record in hex, each value on a line with its path.
func annotate(t *testing.T, shape *record.Shape, rec []byte) string {
	w := annotator{t: t, rest: rec}
	text := &record.Shape{Kind: record.String}
	w.value(text, "namespace")
	w.value(text, "name")
	w.value(text, "uid")
	w.value(&record.Shape{Kind: record.Int}, "resourceVersion") // a varint too, zigzag or not
	w.value(shape, "")
	return strings.TrimSuffix(w.text.String(), "\n")
}

type annotator struct {
	t    *testing.T
	rest []byte
	text strings.Builder
}

func (w *annotator) line(behind []byte, path string) {
	fmt.Fprintf(&w.text, "% x  # %s\n", w.rest[:len(w.rest)-len(behind)], path)
	w.rest = behind
}

func (w *annotator) value(s *record.Shape, path string) {
	if s.Optional && s.Kind >= record.Struct {
		present := w.rest[0] == 1
		w.line(w.rest[1:], path+" is there: "+strconv.FormatBool(present))
		if !present {
			return
		}
	}
	switch s.Kind {
	case record.Struct:
		for i := range s.Fields {
			w.value(&s.Fields[i].Shape, strings.TrimPrefix(path+"."+s.Fields[i].Name, "."))
		}
	case record.List, record.Map:
		n, rest, err := record.CutCount(w.rest)
		if err != nil {
			w.t.Fatal(err)
		}
		w.line(rest, "count of "+path)
		for i := range n {
			at := strconv.Itoa(i)
			if s.Kind == record.Map {
				key, rest, _ := record.CutBytes(w.rest)
				at = string(key)
				w.line(rest, "key of "+path)
			}
			w.value(s.Elem, path+"["+at+"]")
		}
	default:
		rest, err := record.Skip(w.rest, s)
		if err != nil {
			w.t.Fatal(err)
		}
		w.line(rest, path)
	}
}

// unhex is the inverse of annotate.
func unhex(t *testing.T, text string) []byte {
	t.Helper()
	var digits strings.Builder
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		digits.WriteString(strings.Join(strings.Fields(line), ""))
	}
	b, err := hex.DecodeString(digits.String())
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return b
}
